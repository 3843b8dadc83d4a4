import { MINUTE_MS, SECOND_MS } from "../core/units.ts";

/** The numbers that a coordinator goes by. */
export interface FlightRules {
  /** How often a lead claims, and the others of a small flight, in milliseconds. */
  renewMs: number;
  /** After how many of its intervals a member that does not claim counts as gone. */
  leaseRenewals: number;
  /** The same for a member that another one could not reach. */
  suspectRenewals: number;
  /** How often those claim that have nobody to read from yet. */
  waitMs: number;
  /** How many claims per second a coordinator wants to hear about one flight at most. */
  claimsPerSecond: number;
  /** How long a member that has everything is remembered, in milliseconds: announcements lag behind. */
  finishedMs: number;
  /** How long the leads of a flight may go without a byte until another one is added, in milliseconds. */
  holdMs: number;
  /** How long a parent may go without a byte while others are ahead, in milliseconds. */
  stalledParentMs: number;
  /** How long a member may take until its ingest is seen, in milliseconds, before it is taken to make none. */
  beginMs: number;
  /** After how many leads in a row that failed without a byte everybody goes upstream. */
  fruitlessMax: number;
  /** How long they do so after one of them failed, in milliseconds: later it is tried with one of them again. */
  fruitlessMs: number;
  /** How long a coordinator that others fell back on waits for their lead before it makes another, in milliseconds. */
  graceMs: number;
  /** How long a member is not named to one that could not reach it, in milliseconds. */
  avoidMs: number;
  /** The same after it answered that it is full. */
  fullMs: number;
  /** How long a member that answered 404 is named to nobody, in milliseconds, unless it is getting the content again. */
  missingMs: number;
  /** The same after it gave wrong bytes, whatever it says. */
  badMs: number;
  /** How many members should read from one. The simulation compares the choices. */
  fanOut: number;
  /** How many flights are coordinated at once. */
  flightsMax: number;
  /** How many members of one flight are kept. */
  membersMax: number;
}

/** What the rules are where nothing else is said. */
export const DEFAULT_FLIGHT_RULES: Readonly<FlightRules> = {
  renewMs: SECOND_MS,
  leaseRenewals: 6,
  suspectRenewals: 1.5,
  waitMs: SECOND_MS / 4,
  claimsPerSecond: 250,
  finishedMs: 60 * SECOND_MS,
  holdMs: 30 * SECOND_MS,
  stalledParentMs: 5 * SECOND_MS,
  beginMs: 2 * SECOND_MS,
  fruitlessMax: 4,
  fruitlessMs: 3 * SECOND_MS,
  graceMs: 1.5 * SECOND_MS,
  avoidMs: 5 * SECOND_MS,
  fullMs: 2 * SECOND_MS,
  missingMs: MINUTE_MS,
  badMs: 10 * MINUTE_MS,
  fanOut: 2,
  flightsMax: 1_000,
  membersMax: 2_000,
};
