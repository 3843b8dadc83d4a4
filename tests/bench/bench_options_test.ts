import assert from "@std/assert";
import { parseBenchOptions } from "./bench_options.ts";

Deno.test("parseBenchOptions() measures all parts with 1 GiB by default", () => {
  assert.deepEqual(parseBenchOptions([]), {
    parts: ["serve", "relay", "memory"],
    runs: 5,
    blobBytes: 2 ** 30,
    clients: 8,
    json: false,
  });
});

Deno.test("parseBenchOptions() reads parts and flags", () => {
  const options = parseBenchOptions(["relay", "--json", "--runs=2", "--blob-mib=64", "--clients", "3"]);
  assert.deepEqual(options, { parts: ["relay"], runs: 2, blobBytes: 64 * 2 ** 20, clients: 3, json: true });
});

for (const args of [["latency"], ["--runs=0"], ["--runs=many"], ["--blob-mib=-1"], ["--fast"]]) {
  Deno.test(`parseBenchOptions() throws SyntaxError on ${args.join(" ")}`, () => {
    assert.throws(() => parseBenchOptions(args), SyntaxError);
  });
}
