import { MIXED_ROLLOUT } from "./scenarios/cold_rollout.ts";
import { testScenarios } from "./harness/test_scenarios.ts";

for (const generation of ["1.6", "1.7"] as const) {
  testScenarios("a new image in a cluster", { generation, count: 8 }, [MIXED_ROLLOUT]);
}
