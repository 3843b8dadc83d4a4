import assert from "@std/assert";
import { sleep } from "../../src/core/deadline.ts";
import { headersInTime } from "../../src/registry/headers_in_time.ts";
import { until } from "../support/until.ts";

const FOREVER = new AbortController().signal;

Deno.test("headersInTime() returns an answer that comes in time, and lets its body take any time", async () => {
  let bodySignal: AbortSignal | undefined;
  const response = await headersInTime((signal) => {
    bodySignal = signal;
    return Promise.resolve(new Response("x"));
  }, { signal: FOREVER, timeoutMs: 10 });
  await sleep(30);
  assert.equal(bodySignal?.aborted, false);
  assert.equal(await response.text(), "x");
});

Deno.test("headersInTime() throws TimeoutError when the answer does not heed its signal", async () => {
  const never = () => new Promise<Response>(() => {});
  await assert.rejects(headersInTime(never, { signal: FOREVER, timeoutMs: 10 }), { name: "TimeoutError" });
});

Deno.test("headersInTime() aborts the signal of an answer that is late", async () => {
  const late = (signal: AbortSignal) =>
    new Promise<Response>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  await assert.rejects(headersInTime(late, { signal: FOREVER, timeoutMs: 10 }), { name: "TimeoutError" });
});

Deno.test("headersInTime() cancels the body of an answer that comes too late", async () => {
  let cancelled = false;
  const body = new ReadableStream({ cancel: () => void (cancelled = true) });
  const late = () => sleep(30).then(() => new Response(body));
  await assert.rejects(headersInTime(late, { signal: FOREVER, timeoutMs: 10 }), { name: "TimeoutError" });
  await until("the body's end", () => cancelled, { intervalMs: 5 });
});

Deno.test("headersInTime() hands the client's abort on, before and after the headers", async () => {
  const client = new AbortController();
  let seen: AbortSignal | undefined;
  await headersInTime((signal) => {
    seen = signal;
    return Promise.resolve(new Response());
  }, { signal: client.signal, timeoutMs: 10 });
  client.abort(new Error("gone"));
  assert.match(String(seen?.reason), /gone/);
});

Deno.test("headersInTime() throws what the answer throws", async () => {
  const failing = () => Promise.reject(new RangeError("x"));
  await assert.rejects(headersInTime(failing, { signal: FOREVER }), RangeError);
});
