import assert from "@std/assert";
import { MIB } from "../../src/core/units.ts";
import { SlowSource } from "../../src/transfer/slow_source.ts";

/** What is found after a second in which so much came and was waited for so long. */
function judged({ received = 10 * MIB, waitedMs = 900, length = 100 * MIB }): number | undefined {
  let ms = 0;
  const slow = new SlowSource(length, () => ms);
  assert.equal(slow.judge({ received, waitedMs }), undefined, "it is too early to tell");
  ms = 1_000;
  return slow.judge({ received, waitedMs });
}

Deno.test("SlowSource finds a source slow that its reader waits for", () => assert.equal(judged({}), 10 * MIB));

const NOT_SLOW: [name: string, seen: Parameters<typeof judged>[0]][] = [
  ["its reader was busy itself", { waitedMs: 500 }],
  ["it is as fast as it need be", { received: 300 * MIB, length: 900 * MIB }],
  ["little is left", { received: 85 * MIB }],
  ["the blob is small", { received: MIB, length: 10 * MIB }],
];

for (const [name, seen] of NOT_SLOW) {
  Deno.test(`SlowSource does not find a source slow when ${name}`, () => assert.equal(judged(seen), undefined));
}

Deno.test("SlowSource judges the latest time alone", () => {
  let ms = 0;
  const slow = new SlowSource(900 * MIB, () => ms);
  ms = 1_000;
  assert.equal(slow.judge({ received: 300 * MIB, waitedMs: 900 }), undefined);
  ms = 2_000;
  assert.equal(slow.judge({ received: 310 * MIB, waitedMs: 1_900 }), 10 * MIB);
});
