import assert from "@std/assert";
import { parseRolloutOptions } from "./rollout_options.ts";

Deno.test("parseRolloutOptions() has defaults for everything, and reads each option", () => {
  assert.deepEqual(parseRolloutOptions([]), {
    nodes: [2, 4, 8, 16],
    upstreamMbit: 80,
    generation: "2",
    json: false,
  });
  assert.deepEqual(parseRolloutOptions(["--nodes=3", "--upstream-mbit=200", "--containerd=1.6", "--json"]), {
    nodes: [3],
    upstreamMbit: 200,
    generation: "1.6",
    json: true,
  });
});

Deno.test.each([
  ["--nodes=1"],
  ["--nodes=2,27"],
  ["--nodes=2,x"],
  ["--upstream-mbit=0"],
  ["--containerd=1.5"],
  ["--unknown"],
  ["word"],
])("parseRolloutOptions() throws SyntaxError for %s", (argument) => {
  assert.throws(() => parseRolloutOptions([argument]), SyntaxError);
});
