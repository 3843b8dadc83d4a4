import { BASELINE, COLD_ROLLOUTS } from "./scenarios/cold_rollout.ts";
import { testScenarios } from "./harness/test_scenarios.ts";

testScenarios("a new image in a cluster", { generation: "2", count: 8 }, [BASELINE, ...COLD_ROLLOUTS]);
