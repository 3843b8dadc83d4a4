import assert from "@std/assert";
import { LookupFlight } from "../../../src/routing/dht/lookup_flight.ts";

Deno.test("LookupFlight.fresh ends when all that was found are gone, so that whoever came since can be found", () => {
  const gone = new Set<string>();
  const flight = new LookupFlight();
  assert.ok(flight.fresh, "a search that runs is shared");
  for (const id of ["a", "b"]) flight.add({ id, hosts: [`${id}:5000`], isGone: () => gone.has(id) });
  flight.end(true);
  gone.add("a");
  assert.ok(flight.fresh, "one of two is still there");
  gone.add("b");
  assert.ok(!flight.fresh);
});

Deno.test("LookupFlight.fresh holds for a while after nothing was found", () => {
  const flight = new LookupFlight();
  flight.end(true);
  assert.ok(flight.fresh);
});
