import assert from "@std/assert";
import { parseRoutingOptions } from "./routing_options.ts";

Deno.test("parseRoutingOptions() measures three sizes by default", () => {
  assert.deepEqual(parseRoutingOptions([]), {
    nodes: [10, 50, 200],
    keys: [1_000, 5_000],
    lookups: 300,
    stockNodes: 50,
    json: false,
  });
});

Deno.test("parseRoutingOptions() reads every flag", () => {
  const args = ["--nodes=7", "--keys", "20,30", "--lookups=5", "--stock-nodes=0", "--json"];
  const options = { nodes: [7], keys: [20, 30], lookups: 5, stockNodes: 0, json: true };
  assert.deepEqual(parseRoutingOptions(args), options);
});

for (const args of [["--nodes=2"], ["--nodes=10,"], ["--keys=many"], ["--lookups=-1"], ["more"], ["--fast"]]) {
  Deno.test(`parseRoutingOptions() throws SyntaxError on ${args.join(" ")}`, () => {
    assert.throws(() => parseRoutingOptions(args), SyntaxError);
  });
}
