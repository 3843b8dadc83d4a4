import assert from "@std/assert";
import { linkedAbort } from "../../src/core/linked_abort.ts";

/** A signal that counts who listens to it. */
function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const counted = { controller, signal, listeners: 0 };
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    counted.listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    counted.listeners--;
    removeEventListener.apply(signal, args);
  };
  return counted;
}

Deno.test("linkedAbort() aborts when the signal does, for the same reason", () => {
  const { controller, signal } = countedSignal();
  const linked = linkedAbort(signal);
  controller.abort("over");
  assert.deepEqual([linked.signal.aborted, linked.signal.reason], [true, "over"]);
});

Deno.test("linkedAbort() aborts at once when the signal has aborted already", () => {
  assert.equal(linkedAbort(AbortSignal.abort("over")).signal.reason, "over");
});

Deno.test("linkedAbort() aborts on its own, and lets go of the signal", () => {
  const counted = countedSignal();
  const linked = linkedAbort(counted.signal);
  assert.equal(counted.listeners, 1);
  linked.abort("enough");
  assert.deepEqual([counted.listeners, counted.signal.aborted, linked.signal.reason], [0, false, "enough"]);
  assert.equal(linkedAbort(undefined).signal.aborted, false);
});
