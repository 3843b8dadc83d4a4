import { MIXED_ROLLOUT } from "./scenarios/cold_rollout.ts";
import { testScenarios } from "./harness/test_scenarios.ts";
import { TRAPS } from "./scenarios/traps.ts";

testScenarios("a new image in a cluster", { generation: "1.6", count: 8 }, [
  MIXED_ROLLOUT,
  ...TRAPS,
]);
testScenarios("a new image in a cluster", { generation: "1.7", count: 8 }, [MIXED_ROLLOUT]);
