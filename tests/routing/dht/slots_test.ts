import assert from "@std/assert";
import { Slots } from "../../../src/routing/dht/slots.ts";

Deno.test("Slots.run() runs no more than it has slots, and everything in the end, in order", async () => {
  const slots = new Slots(3);
  const order: number[] = [];
  let [running, most] = [0, 0];
  await Promise.all(Array.from({ length: 20 }, (_, index) =>
    slots.run(async () => {
      order.push(index);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
    })));
  assert.equal(most, 3);
  assert.deepEqual(order, Array.from({ length: 20 }, (_, index) => index));
});

Deno.test("Slots.run() gives the slot back when the function throws", async () => {
  const slots = new Slots(1);
  await assert.rejects(slots.run(() => Promise.reject(new Error("failed"))), /failed/);
  assert.equal(await slots.run(() => Promise.resolve("done")), "done");
});

Deno.test("Slots.run() stops waiting when its signal aborts, and leaves its place to the next", async () => {
  const slots = new Slots(1);
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const first = slots.run(() => held);
  const abort = new AbortController();
  const second = slots.run(() => Promise.resolve("second"), { signal: abort.signal });
  const third = slots.run(() => Promise.resolve("third"));
  abort.abort(new Error("given up"));
  await assert.rejects(second, /given up/);
  release();
  await first;
  assert.equal(await third, "third");
});
