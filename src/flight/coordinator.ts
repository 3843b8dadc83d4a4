import type { Digest } from "../oci/digest.ts";
import { CoordinatedFlight, type Decision } from "./coordinated_flight.ts";
import { DEFAULT_FLIGHT_RULES, type FlightRules } from "./flight_rules.ts";
import type { Participant } from "./participant.ts";
import type { Answer, Claim, Recollection } from "./wire/flight_message.ts";

/** What {@linkcode Coordinator} works with. */
export interface CoordinatorComponents {
  /** The time in milliseconds. */
  nowMs: () => number;
  /** A random number from 0 to below 1. */
  random: () => number;
}

/** A member that should claim for a digest at once. */
export interface Wake {
  /** The flight. */
  digest: Digest;
  /** The member's peer id. */
  member: string;
}

/**
 * Decides who fetches from upstream and who reads from whom, for the digests that this node is the closest to.
 *
 * It holds soft state only: what members told within the last seconds. Nothing is lost with it that they do not tell the
 * next coordinator. It does no I/O, and has no timers: {@linkcode Coordinator.expire} is called now and then.
 */
export class Coordinator {
  readonly #components: CoordinatorComponents;
  readonly #rules: FlightRules;
  /** The flights, the one that was claimed for last at the end. */
  readonly #flights = new Map<Digest, CoordinatedFlight>();

  /** @throws {RangeError} If a rule makes no sense. */
  constructor(components: CoordinatorComponents, rules: Partial<FlightRules> = {}) {
    this.#components = components;
    this.#rules = { ...DEFAULT_FLIGHT_RULES, ...rules };
    for (const [name, value] of Object.entries(this.#rules)) {
      if (!(value > 0)) throw new RangeError(`Cannot coordinate as ${name} must be > 0: current value is ${value}`);
    }
  }

  /** How many flights are coordinated here. */
  get size(): number {
    return this.#flights.size;
  }

  /** Returns whether anything is known of a digest. */
  knows(digest: Digest): boolean {
    return this.#flights.has(digest);
  }

  /** Returns the members of a flight, in the order in which they came. */
  members(digest: Digest): Iterable<Readonly<Participant>> {
    return this.#flights.get(digest)?.members() ?? [];
  }

  /** Returns what the next coordinator of a digest should know. */
  recollect(digest: Digest): Recollection {
    return this.#flights.get(digest)?.recollect(this.#components.nowMs()) ?? { epoch: 0, members: [] };
  }

  /** Takes over what another coordinator knew of a digest. */
  adopt(digest: Digest, recollection: Recollection): void {
    if (recollection.members.length === 0) return;
    const flight = this.#flights.get(digest) ?? this.#create();
    flight.adopt(recollection, this.#components.nowMs());
    this.#keep(digest, flight);
  }

  /** Takes note that a flight of this digest may be under way, of which nothing is known here yet. */
  expectMembers(digest: Digest): void {
    if (this.knows(digest)) return;
    const flight = this.#create();
    flight.expectMembers(this.#components.nowMs());
    this.#keep(digest, flight);
  }

  /** Answers a claim. Never throws. */
  claim(from: string, claim: Claim): { answer: Answer; wake: Wake[] } {
    const { digest } = claim;
    const known = this.#flights.get(digest);
    const flight = known ?? this.#create();
    const { answer, wake } = flight.claim(from, claim, this.#components.nowMs());
    if (known || claim.role !== "none") this.#keep(digest, flight);
    return { answer, wake: toWakes(digest, wake) };
  }

  /** Takes note that a member is gone from the cluster. Returns who should claim at once. */
  memberGone(id: string): Wake[] {
    const nowMs = this.#components.nowMs();
    return [...this.#flights].flatMap(([digest, flight]) => toWakes(digest, flight.memberGone(id, nowMs)));
  }

  /** Forgets what has expired. Returns who should claim at once. */
  expire(): Wake[] {
    const nowMs = this.#components.nowMs();
    return [...this.#flights].flatMap(([digest, flight]) => {
      const { empty, wake } = flight.expire(nowMs);
      if (empty) this.#flights.delete(digest);
      return toWakes(digest, wake);
    });
  }

  #create(): CoordinatedFlight {
    return new CoordinatedFlight({ rules: this.#rules, random: this.#components.random });
  }

  /** Keeps a flight, in place of the one that was claimed for the longest ago when there are too many. */
  #keep(digest: Digest, flight: CoordinatedFlight): void {
    this.#flights.delete(digest);
    this.#flights.set(digest, flight);
    if (this.#flights.size > this.#rules.flightsMax) this.#flights.delete(this.#flights.keys().next().value!);
  }
}

function toWakes(digest: Digest, members: Decision["wake"]): Wake[] {
  return members.map((member) => ({ digest, member }));
}
