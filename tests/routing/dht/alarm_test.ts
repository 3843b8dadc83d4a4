import assert from "@std/assert";
import { Alarm } from "../../../src/routing/dht/alarm.ts";

Deno.test("Alarm.ring() ends the wait that is under way", async () => {
  const alarm = new Alarm();
  const waiting = alarm.wait(Infinity);
  alarm.ring();
  await waiting;
});

Deno.test("Alarm.ring() ends the next wait if none is under way, and only that one", async () => {
  const alarm = new Alarm();
  alarm.ring();
  alarm.ring();
  await alarm.wait(Infinity);
  const abort = new AbortController();
  const second = alarm.wait(Infinity, { signal: abort.signal });
  abort.abort(new Error("still waiting"));
  await assert.rejects(second, /still waiting/);
});

Deno.test("Alarm.wait() ends when the time is up, and at once when it is up already", async () => {
  const alarm = new Alarm();
  await alarm.wait(1);
  await alarm.wait(-1);
});

Deno.test("Alarm.wait() throws the reason of a signal that has aborted", async () => {
  await assert.rejects(new Alarm().wait(1, { signal: AbortSignal.abort(new Error("over")) }), /over/);
});
