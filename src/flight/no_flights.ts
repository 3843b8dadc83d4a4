import type { FlightGate, FlightVerdict } from "./flight_gate.ts";

/** A node that takes part in no flight: every request that nobody can serve goes upstream. */
export class NoFlights implements FlightGate {
  join(): Promise<FlightVerdict> {
    return Promise.resolve({ type: "alone" });
  }

  gone(): void {}

  bad(): void {}

  suspect(): void {}

  isSuspect(): boolean {
    return false;
  }

  withhold(): void {}

  holds(): boolean {
    return false;
  }
}
