import { testScenarios } from "./harness/test_scenarios.ts";
import { BAD_SOURCES } from "./scenarios/bad_sources.ts";
import { LEAD_KILLED, LEAD_KILLED_ELSEWHEN, LOST_NODES } from "./scenarios/lost_nodes.ts";

testScenarios("faults in the middle of a download", { generation: "2", count: 6 }, [
  LEAD_KILLED,
  ...LEAD_KILLED_ELSEWHEN,
  ...LOST_NODES,
  ...BAD_SOURCES,
]);
