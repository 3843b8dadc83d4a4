import type { FlightGate } from "../flight/flight_gate.ts";
import { Flights } from "../flight/flights.ts";
import { NoFlights } from "../flight/no_flights.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { isDigest } from "../oci/digest.ts";
import type { KeyAnnouncer, Router } from "../routing/router.ts";
import type { ContentStore } from "../store/content_store.ts";
import type { NodeOptions } from "./options.ts";

/** What flights are put together from. */
export interface FlightParts {
  router: Router;
  store: ContentStore;
  metrics: Metrics;
}

/** A node's side of all flights, and who hears of it what the store does not hold any more. */
export interface OpenFlights {
  /** Decides about requests. */
  gate: FlightGate;
  /** The router's announcer, which tells flights of losses too. */
  announcer: KeyAnnouncer;
}

/**
 * Takes part in flights, unless the options say otherwise.
 *
 * @param owned Takes over what has to be let go when the node stops.
 * @throws {RangeError} If an option makes no sense.
 */
export function openFlights(
  { router, store, metrics }: FlightParts,
  options: NodeOptions,
  owned: AsyncDisposableStack,
): OpenFlights {
  if (options.flights === false) return { gate: new NoFlights(), announcer: router };
  const flights = owned.use(
    new Flights({ members: router, ingests: store, store, metrics: metrics.flights }, { holdMs: options.flightHoldMs }),
  );
  return {
    gate: flights,
    announcer: {
      announce: (keys) => router.announce(keys),
      withdraw: (keys) => {
        const withdrawn = [...keys];
        for (const key of withdrawn) if (isDigest(key)) flights.removed(key);
        router.withdraw(withdrawn);
      },
    },
  };
}
