import assert from "@std/assert";
import { mock } from "node:test";
import { bytesKey } from "../../../src/routing/dht/bytes_key.ts";
import { type FoundProvider, LookupFlight } from "../../../src/routing/dht/lookup_flight.ts";

function add(flight: LookupFlight, id: string, options: Partial<FoundProvider> = {}): void {
  flight.add({ id, hosts: [`${id}:5000`], isGone: () => false, tells: () => true, ...options });
}

Deno.test("LookupFlight.isFresh() ends when all that was found are gone, so that whoever came since can be found", () => {
  const gone = new Set<string>();
  const flight = new LookupFlight(bytesKey(Uint8Array.of(1)));
  assert.ok(flight.isFresh(3), "a search that runs is shared");
  for (const id of ["a", "b"]) add(flight, id, { isGone: () => gone.has(id) });
  flight.end(true);
  gone.add("a");
  assert.ok(flight.isFresh(3), "one of two is still there");
  gone.add("b");
  assert.ok(!flight.isFresh(3));
});

const LIVES: { what: string; found: number; told?: boolean; answered: boolean; limit: number; ms: number }[] = [
  { what: "as many as are wanted", found: 2, answered: true, limit: 2, ms: 5_000 },
  { what: "fewer than are wanted", found: 2, answered: true, limit: 3, ms: 2_500 },
  { what: "what is not connected", found: 2, told: false, answered: true, limit: 2, ms: 1_500 },
  { what: "nothing", found: 0, answered: true, limit: 3, ms: 1_000 },
  { what: "nothing, as nobody answered", found: 0, answered: false, limit: 3, ms: 0 },
];
Deno.test.each(LIVES)("LookupFlight.isFresh() holds for $ms ms when $what was found", (row) => {
  mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  try {
    const flight = new LookupFlight(bytesKey(Uint8Array.of(1)));
    for (let id = 0; id < row.found; id++) add(flight, `${id}`, { tells: () => row.told !== false });
    flight.end(row.answered);
    if (row.ms > 0) {
      mock.timers.tick(row.ms - 1);
      assert.ok(flight.isFresh(row.limit));
    }
    mock.timers.tick(1);
    assert.ok(!flight.isFresh(row.limit));
  } finally {
    mock.timers.reset();
  }
});

Deno.test("LookupFlight.providers() yields what comes while it waits, and ends with the search", async () => {
  const flight = new LookupFlight(bytesKey(Uint8Array.of(1)));
  const providers = flight.providers(3, {});
  const first = providers.next();
  add(flight, "a");
  assert.deepEqual(await first, { done: false, value: { id: "a", hosts: ["a:5000"] } });
  const second = providers.next();
  flight.end(true);
  assert.deepEqual(await second, { done: true, value: undefined });
});

Deno.test("LookupFlight.providers() ends when its signal aborts, and takes its listener away", async () => {
  const flight = new LookupFlight(bytesKey(Uint8Array.of(1)));
  const abort = new AbortController();
  const waiting = flight.providers(3, { signal: abort.signal }).next();
  abort.abort();
  assert.deepEqual(await waiting, { done: true, value: undefined });
});

Deno.test("LookupFlight.providers() tells every provider once to each of those who share it", async () => {
  const flight = new LookupFlight(bytesKey(Uint8Array.of(1)));
  add(flight, "a");
  add(flight, "a");
  add(flight, "b");
  flight.end(true);
  for (let time = 0; time < 2; time++) {
    const found = await Array.fromAsync(flight.providers(3, {}));
    assert.deepEqual(found.map(({ id }) => id), ["a", "b"]);
  }
});
