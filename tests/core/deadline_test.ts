import assert from "@std/assert";
import { abortable, deadline, sleep } from "../../src/core/deadline.ts";

/** Longer than a timer of the platform can run. */
const TOO_LONG_MS = 2 ** 32;

Deno.test("deadline() aborts with TimeoutError once the time is over", async () => {
  const signal = deadline(5);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  assert.equal(signal.reason.name, "TimeoutError");
});

Deno.test("deadline() aborts with the caller's reason when that comes first", () => {
  const caller = new AbortController();
  const signal = deadline(60_000, caller.signal);
  assert.equal(signal.aborted, false);
  const reason = new Error("the client went away");
  caller.abort(reason);
  assert.equal(signal.reason, reason);
});

Deno.test("deadline() does not end at once when it is longer than a timer can run", async () => {
  const signal = deadline(TOO_LONG_MS);
  await sleep(20);
  assert.equal(signal.aborted, false);
});

Deno.test("abortable() settles as its promise does", async () => {
  const { signal } = new AbortController();
  assert.equal(await abortable(Promise.resolve(1), signal), 1);
  await assert.rejects(abortable(Promise.reject(new RangeError("x")), signal), RangeError);
});

Deno.test("abortable() rejects with the signal's reason while its promise is pending", async () => {
  const controller = new AbortController();
  const waiting = abortable(new Promise(() => {}), controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
});

Deno.test("abortable() leaves no unhandled rejection of a promise that fails after the abort", async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  await assert.rejects(abortable(promise, AbortSignal.abort()), { name: "AbortError" });
  const controller = new AbortController();
  const waiting = abortable(promise, controller.signal);
  controller.abort();
  await assert.rejects(waiting, { name: "AbortError" });
  reject(new Error("too late"));
  await sleep(1);
});

Deno.test("abortable() takes its listener off the signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const counted = new Proxy(signal, {
    get: (target, key) => {
      if (key === "addEventListener") listeners++;
      if (key === "removeEventListener") listeners--;
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  await abortable(Promise.resolve(), counted);
  assert.equal(listeners, 0);
});

Deno.test("sleep() ends with the signal's reason and leaves no timer", async () => {
  const controller = new AbortController();
  const sleeping = sleep(60_000, controller.signal);
  controller.abort(new Error("wake up"));
  await assert.rejects(sleeping, /wake up/);
  await assert.rejects(sleep(60_000, controller.signal), /wake up/);
});

Deno.test("sleep() does not end at once when it is longer than a timer can run", async () => {
  const sleeping = sleep(TOO_LONG_MS, AbortSignal.timeout(20));
  await assert.rejects(sleeping, { name: "TimeoutError" });
});
