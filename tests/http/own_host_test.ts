import assert from "@std/assert";
import { OwnHost } from "../../src/http/own_host.ts";

const KNOWN: [address: string, own: boolean][] = [
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["::1", true],
  ["::ffff:127.0.0.1", true],
  ["192.0.2.1", false],
  ["::ffff:192.0.2.1", false],
  ["2001:db8::1", false],
  ["", false],
];

for (const [address, own] of KNOWN) {
  Deno.test(`OwnHost ${own ? "knows" : "does not know"} "${address}"`, () => {
    assert.equal(new OwnHost().has(address), own);
  });
}
