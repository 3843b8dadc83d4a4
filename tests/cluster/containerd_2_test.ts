import { MIB } from "../../src/core/units.ts";
import { testScenarios } from "./harness/test_scenarios.ts";
import { BASELINE, COLD_ROLLOUTS } from "./scenarios/cold_rollout.ts";
import { DISCARDED_LAYERS } from "./scenarios/discarded_layers.ts";
import { MISSING_LEADS } from "./scenarios/missing_leads.ts";
import { PARALLEL_FETCH } from "./scenarios/parallel_fetch.ts";
import { TRAPS, TWO_REPOSITORIES } from "./scenarios/traps.ts";

testScenarios("a new image in a cluster", { generation: "2", count: 8 }, [
  BASELINE,
  ...COLD_ROLLOUTS,
  ...TRAPS,
  ...MISSING_LEADS,
]);

testScenarios("a new image in a cluster", {
  generation: "2",
  count: 4,
  config: { name: "parallel fetch", parallelFetchBuffer: 2 * MIB },
}, PARALLEL_FETCH);

testScenarios("a new image in a cluster", {
  generation: "2",
  count: 4,
  config: { name: "layers discarded", discardUnpackedLayers: true },
}, DISCARDED_LAYERS);

testScenarios("images of repositories that do not matter", {
  generation: "2",
  count: 4,
  peiliFlags: ["--match-repository=false"],
}, [TWO_REPOSITORIES]);
