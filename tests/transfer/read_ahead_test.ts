import assert from "@std/assert";
import fc from "fast-check";
import { sleep } from "../../src/core/deadline.ts";
import { readAhead } from "../../src/transfer/read_ahead.ts";

const FOREVER = new AbortController().signal;

/** A source that gives nothing and never ends. */
const SILENT: AsyncIterable<number> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };

async function* items(pausesMs: readonly number[]): AsyncGenerator<number> {
  for (const [index, ms] of pausesMs.entries()) {
    if (ms > 0) await sleep(ms);
    yield index;
  }
}

Deno.test("readAhead() yields everything in order, whatever the pace of either side", async () => {
  const paces = fc.array(fc.nat(2), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(paces, paces, async (pausesMs, restsMs) => {
      const seen: number[] = [];
      for await (const item of readAhead(items(pausesMs), { signal: FOREVER })) {
        seen.push(item);
        await sleep(restsMs[item] ?? 0);
      }
      assert.deepEqual(seen, [...pausesMs.keys()]);
    }),
    { numRuns: 50 },
  );
});

Deno.test("readAhead() reads on while the consumer is busy", async () => {
  let given = 0;
  async function* source() {
    for (; given < 3; given++) yield given;
  }
  const reading = readAhead(source(), { signal: FOREVER });
  assert.equal((await reading.next()).value, 0);
  await sleep(1);
  assert.equal(given, 3);
  assert.deepEqual(await Array.fromAsync(reading), [1, 2]);
});

Deno.test("readAhead() yields what was read before the signal aborted, then ends", async () => {
  const controller = new AbortController();
  async function* source() {
    yield 1;
    yield 2;
    await new Promise<never>(() => {}); // does not heed the signal
  }
  const reading = readAhead(source(), { signal: controller.signal });
  assert.equal((await reading.next()).value, 1);
  await sleep(1);
  controller.abort();
  assert.deepEqual(await Array.fromAsync(reading), [2]);
});

Deno.test("readAhead() ends while it waits when the signal aborts", async () => {
  const controller = new AbortController();
  const reading = Array.fromAsync(readAhead(SILENT, { signal: controller.signal }));
  await sleep(1);
  controller.abort();
  assert.deepEqual(await reading, []);
  assert.deepEqual(await Array.fromAsync(readAhead(SILENT, { signal: controller.signal })), []);
});

Deno.test("readAhead() throws what the source throws, after all that it gave", async () => {
  async function* source() {
    yield 1;
    throw new RangeError("x");
  }
  const reading = readAhead(source(), { signal: FOREVER });
  await sleep(1);
  assert.equal((await reading.next()).value, 1);
  await assert.rejects(reading.next(), RangeError);
});

Deno.test("readAhead() ends its source when the consumer stops", async () => {
  let ended = false;
  async function* source() {
    try {
      for (let item = 0; item < 100; item++) {
        yield item;
        await sleep(1);
      }
    } finally {
      ended = true;
    }
  }
  for await (const item of readAhead(source(), { signal: FOREVER })) if (item === 1) break;
  await sleep(20);
  assert.equal(ended, true);
});

Deno.test("readAhead() waits for what comes together, and lets it be chosen from", async () => {
  async function* source() {
    await sleep(5);
    yield* [1, 2, 3, 4];
    await sleep(50);
    yield 5;
  }
  const options = {
    signal: FOREVER,
    initial: [0],
    gatherMs: 10_000,
    choose: (seen: readonly number[]) => seen.length - 1,
  };
  assert.deepEqual(await Array.fromAsync(readAhead(source(), options)), [4, 3, 2, 1, 0, 5]);
});

Deno.test("readAhead() waits for a choice no longer than it is told", async () => {
  const reading = readAhead(SILENT, { signal: FOREVER, initial: [0], gatherMs: 1 });
  assert.equal((await reading.next()).value, 0);
  await reading.return(undefined);
});
