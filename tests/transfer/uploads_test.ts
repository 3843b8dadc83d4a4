import assert from "@std/assert";
import fc from "fast-check";
import { Metrics } from "../../src/metrics/metrics.ts";
import { Uploads } from "../../src/transfer/uploads.ts";

Deno.test("Uploads takes as many as it may, and again once one is over", async () => {
  const metrics = new Metrics();
  const uploads = new Uploads({ metrics }, { max: 4 });
  const taken = ["a", "b", "c", "d"].map((peer) => uploads.admit(peer));
  assert(taken.every((upload) => upload !== undefined));
  assert.deepEqual([uploads.admit("e"), uploads.load(), uploads.count], [undefined, 1, 4]);
  taken[0]?.[Symbol.dispose]();
  taken[0]?.[Symbol.dispose]();
  assert.equal(uploads.load(), 0.75);
  assert.notEqual(uploads.admit("e"), undefined);
  assert.equal((await metrics.refusedUploads.get()).values[0]?.value, 1);
});

Deno.test("Uploads keeps a part of its places for peers that have none yet", () => {
  const uploads = new Uploads({ metrics: new Metrics() }, { max: 8 });
  uploads.admit("modest");
  let greedy = 0;
  while (uploads.admit("greedy")) greedy++;
  assert.equal(greedy, 5);
  assert.notEqual(uploads.admit("modest"), undefined);
  assert.notEqual(uploads.admit("newcomer"), undefined);
});

Deno.test("Uploads gives all places to a peer that is alone", () => {
  const uploads = new Uploads({ metrics: new Metrics() }, { max: 8 });
  for (let place = 0; place < 8; place++) assert.notEqual(uploads.admit("alone"), undefined);
  assert.equal(uploads.admit("alone"), undefined);
});

Deno.test("Uploads never has more than it may, and refuses nobody without any while a place is free", () => {
  const step = fc.record({ peer: fc.constantFrom("a", "b", "c", "d"), ends: fc.boolean() });
  fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), fc.array(step, { maxLength: 60 }), (max, steps) => {
    const uploads = new Uploads({ metrics: new Metrics() }, { max });
    const held: { peer: string; upload: Disposable }[] = [];
    for (const { peer, ends } of steps) {
      if (ends) held.shift()?.upload[Symbol.dispose]();
      else {
        const free = uploads.count < max;
        const upload = uploads.admit(peer);
        if (upload) held.push({ peer, upload });
        else if (free) assert(held.some((other) => other.peer === peer), "only a peer that has some is refused");
      }
      assert.equal(uploads.count, held.length);
      assert(uploads.count <= max && uploads.load() <= 1);
    }
    for (const { upload } of held) upload[Symbol.dispose]();
    assert.equal(uploads.load(), 0);
  }));
});

for (const options of [{ max: 0 }, { max: 1.5 }, { bytesPerSecond: 0 }, { bytesPerSecond: NaN }]) {
  Deno.test(`Uploads throws RangeError on ${JSON.stringify(options)}`, () => {
    assert.throws(() => new Uploads({ metrics: new Metrics() }, options), RangeError);
  });
}
