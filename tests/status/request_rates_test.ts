import assert from "@std/assert";
import { RequestRates } from "../../src/status/request_rates.ts";

const MINUTE_MS = 60_000;

Deno.test("RequestRates tells what happened since the start, while that is a moment ago", () => {
  const rates = new RequestRates(0);
  const counts = { hits: 3, misses: 1, refusedPeers: 0 };
  rates.sample(counts, 30_000);
  assert.deepEqual(rates.recent(counts, MINUTE_MS), { minutes: 1, hits: 3, misses: 1, refusedPeers: 0 });
  assert.equal(rates.lastRequestMs, 30_000);
});

Deno.test("RequestRates forgets what is more than five minutes ago", () => {
  const rates = new RequestRates(0);
  for (let minute = 1; minute <= 60; minute++) {
    rates.sample({ hits: minute, misses: minute < 30 ? minute : 30, refusedPeers: 2 }, minute * MINUTE_MS);
  }
  const now = { hits: 60, misses: 30, refusedPeers: 2 };
  assert.deepEqual(rates.recent(now, 60 * MINUTE_MS), { minutes: 5, hits: 5, misses: 0, refusedPeers: 0 });
});

Deno.test("RequestRates remembers the last request, however long ago", () => {
  const rates = new RequestRates(0);
  rates.sample({ hits: 0, misses: 1, refusedPeers: 0 }, MINUTE_MS);
  for (let minute = 2; minute < 100; minute++) {
    rates.sample({ hits: 0, misses: 1, refusedPeers: 0 }, minute * MINUTE_MS);
  }
  assert.equal(rates.lastRequestMs, MINUTE_MS);
});
