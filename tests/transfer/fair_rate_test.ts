import assert from "@std/assert";
import fc from "fast-check";
import { sleep } from "../../src/core/deadline.ts";
import { FairRate } from "../../src/transfer/fair_rate.ts";

const RATE = 1_000_000;

/** Takes pieces for a peer one after the other until it is told to stop, and counts what was granted. */
async function takeUntil(rate: FairRate, peer: string, { bytes, signal }: { bytes: number; signal: AbortSignal }) {
  let granted = 0;
  try {
    for (;;) {
      await rate.take(peer, bytes, { signal });
      granted += bytes;
    }
  } catch {
    return granted; // the signal
  }
}

Deno.test("FairRate grants at once after a rest, and nothing beyond its rate afterwards", async () => {
  const rate = new FairRate(RATE);
  await rate.take("a", 10);
  const startMs = performance.now();
  const stop = AbortSignal.timeout(600);
  const granted = await takeUntil(rate, "a", { bytes: 10_000, signal: stop });
  const seconds = (performance.now() - startMs) / 1_000;
  assert(granted > 0.2 * RATE * seconds, `${granted} bytes in ${seconds} s`);
  assert(granted <= RATE * seconds + 0.05 * RATE + 10_000, `${granted} bytes in ${seconds} s`);
});

Deno.test("FairRate gives each peer its turn, however many bodies one of them has", async () => {
  const rate = new FairRate(RATE);
  const stop = AbortSignal.timeout(1_000);
  const bytes = 5_000;
  const [one, ...many] = await Promise.all([
    takeUntil(rate, "modest", { bytes, signal: stop }),
    ...Array.from({ length: 9 }, () => takeUntil(rate, "greedy", { bytes, signal: stop })),
  ]);
  const greedy = many.reduce((sum, granted) => sum + granted, 0);
  assert(one > 0.7 * greedy && greedy > 0.7 * one, `${one} and ${greedy}`);
});

Deno.test("FairRate forgets whoever stops waiting, and runs no timer for nobody", async () => {
  const rate = new FairRate(RATE);
  await rate.take("a", 10 * RATE); // nothing is left for ten seconds
  const gone = new AbortController();
  const waiting = [1, 2, 3].map(() => rate.take("a", 1, { signal: gone.signal }));
  gone.abort(new Error("gone"));
  for (const result of await Promise.allSettled(waiting)) assert.equal(result.status, "rejected");
  await assert.rejects(rate.take("a", 1, { signal: gone.signal }), /gone/);
});

Deno.test("FairRate tells how much of it was used lately", async () => {
  let ms = 0;
  const rate = new FairRate(RATE, () => ms);
  assert.equal(rate.used, 0);
  for (let step = 0; step < 500; step++) {
    ms += 10;
    await rate.take("a", RATE / 100);
  }
  assert(rate.used > 0.9 && rate.used <= 1, `${rate.used}`);
  ms += 5_000;
  assert(rate.used < 0.05, `${rate.used}`);
});

Deno.test("FairRate asks for pieces that are small beside its rate, and never for none", () => {
  assert.equal(new FairRate(100).pieceBytes, 10);
  assert.equal(new FairRate(1).pieceBytes, 1);
  assert.equal(new FairRate(1e9).pieceBytes, 65_536);
});

Deno.test("FairRate grants everything in the end, and each peer's pieces in order", async () => {
  const piece = fc.record({ peer: fc.constantFrom("a", "b", "c"), bytes: fc.integer({ min: 1, max: 50_000 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const rate = new FairRate(20 * RATE);
      const granted: number[] = [];
      await Promise.all(
        pieces.map(({ peer, bytes }, index) => rate.take(peer, bytes).then(() => void granted.push(index))),
      );
      assert.equal(granted.length, pieces.length);
      for (const name of ["a", "b", "c"]) {
        const own = granted.filter((index) => pieces[index]?.peer === name);
        assert.deepEqual(own, own.toSorted((first, second) => first - second));
      }
      await sleep(0);
    }),
    { numRuns: 30 },
  );
});
