import assert from "@std/assert";
import { onAbort } from "../../src/core/on_abort.ts";

Deno.test("onAbort() calls its listener once, when the signal aborts", () => {
  const controller = new AbortController();
  let calls = 0;
  using _ = onAbort(controller.signal, () => calls++);
  assert.equal(calls, 0);
  controller.abort();
  controller.abort();
  assert.equal(calls, 1);
});

Deno.test("onAbort() calls its listener at once after an abort", () => {
  let calls = 0;
  using _ = onAbort(AbortSignal.abort(), () => calls++);
  assert.equal(calls, 1);
});

Deno.test("onAbort() takes its listener away when it is disposed of", () => {
  const controller = new AbortController();
  let calls = 0;
  onAbort(controller.signal, () => calls++)[Symbol.dispose]();
  controller.abort();
  assert.equal(calls, 0);
});
