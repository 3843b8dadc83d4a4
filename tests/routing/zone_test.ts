import assert from "@std/assert";
import { parseZone } from "../../src/routing/zone.ts";

Deno.test("parseZone() takes what a label of Kubernetes can be, and nothing", () => {
  for (const zone of ["", "eu-north-1a", "rack_7.row-2", "z".repeat(63)]) assert.equal(parseZone(zone), zone);
});

for (const zone of ["z".repeat(64), "a b", "a/b", "ä", "a\n"]) {
  Deno.test(`parseZone() throws SyntaxError on ${JSON.stringify(zone.slice(0, 10))} of ${zone.length} characters`, () => {
    assert.throws(() => parseZone(zone), SyntaxError);
  });
}
