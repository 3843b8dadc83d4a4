import { LRUCache } from "lru-cache";
import { isAbort } from "../core/errors.ts";
import { MINUTE_MS, SECOND_MS } from "../core/units.ts";
import type { FlightCounts, FlightMetrics } from "../metrics/flight_metrics.ts";
import type { Digest } from "../oci/digest.ts";
import type { Membership, Messenger } from "../routing/members.ts";
import type { ContentDescriber } from "../store/content_store.ts";
import type { IngestReader } from "../store/ingest.ts";
import { BodySeat } from "./body_seat.ts";
import { Claimer } from "./claimer.ts";
import { type Clock, SYSTEM_CLOCK, waitFor, withinMs } from "./clock.ts";
import { Coordinator } from "./coordinator.ts";
import { EmptyBodies } from "./empty_bodies.ts";
import type { FlightGate, FlightRequest, FlightVerdict, Seat, SeatTurn, SourceFailure } from "./flight_gate.ts";
import { flightId, type FlightSubject } from "./flight_id.ts";
import type { FlightRules } from "./flight_rules.ts";
import { memberOf } from "./member_of.ts";
import { OwnProgress } from "./own_progress.ts";
import { Participation } from "./participation.ts";
import { type Answer, type Claim, FLIGHT_PROTOCOL, HOSTS_MAX } from "./wire/flight_message.ts";

/** What {@linkcode Flights} works with. */
export interface FlightsComponents {
  /** Knows the other nodes, and talks to them. */
  members: Membership & Messenger;
  /** Knows this node's downloads. */
  ingests: IngestReader;
  /** Knows when they are complete. */
  store: ContentDescriber;
  /** Counts. */
  metrics: FlightMetrics;
  /** The time. @default {SYSTEM_CLOCK} */
  clock?: Clock;
  /** A random number from 0 to below 1. @default {Math.random} */
  random?: () => number;
}

/** How {@linkcode Flights} goes about it. */
export interface FlightsOptions {
  /** How long a flight may go without a byte until another node fetches too, in milliseconds. @default {30_000} */
  holdMs?: number;
  /** How long deciding about a request may take, in milliseconds. @default {1_000} */
  claimTimeoutMs?: number;
  /** What this node coordinates by, where it differs from the default. */
  rules?: Partial<FlightRules>;
}

/**
 * How long a coordinator that is known to be there may take, in milliseconds. On nodes that are busy starting pods, an
 * answer takes some hundred milliseconds at times, and everybody who does not wait for it downloads a copy of its own.
 */
const CLAIM_TIMEOUT_MS = SECOND_MS;
/** How many flights a node takes part in at once: containerd downloads far fewer. */
const PARTICIPATIONS_MAX = 1_000;
/** How long a lead may go without its first byte until others make way for it, in milliseconds. */
const LEAD_WAITS_MS = SECOND_MS / 5;
/** How long wrong bytes are remembered, in milliseconds. */
const SUSPECT_MS = 10 * MINUTE_MS;
/** How often what is coordinated here is looked through, in milliseconds. */
const EXPIRE_MS = SECOND_MS / 2;
/** How long the own ingest is looked for before a claim, in milliseconds. */
const LOOK_MS = 50;
/** How long telling a coordinator something may take, in milliseconds. */
const TELL_TIMEOUT_MS = SECOND_MS / 2;

/** This node's side of all flights: joins them, leads them, coordinates those that it is the closest to. */
export class Flights implements FlightGate, AsyncDisposable {
  readonly #components: Required<FlightsComponents>;
  readonly #holdMs: number;
  readonly #claimTimeoutMs: number;
  readonly #coordinator: Coordinator;
  readonly #claimer: Claimer;
  readonly #participations = new Map<Digest, Participation>();
  readonly #running = new Set<Promise<void>>();
  readonly #empties: EmptyBodies;
  readonly #suspects: LRUCache<Digest, true>;
  /** The flights whose content this node has, with their content. */
  readonly #finished: LRUCache<Digest, Digest>;
  readonly #stop = new AbortController();
  readonly #responder: Disposable;
  readonly #observed: Disposable;
  #expiring: (() => void) | undefined;

  /** @throws {RangeError} If an option makes no sense. */
  constructor(components: FlightsComponents, options: FlightsOptions = {}) {
    const { holdMs = 30 * SECOND_MS, claimTimeoutMs = CLAIM_TIMEOUT_MS, rules = {} } = options;
    if (!(holdMs > 0)) throw new RangeError(`Cannot fly as holdMs must be > 0: current value is ${holdMs}`);
    if (!(claimTimeoutMs > 0)) {
      throw new RangeError(`Cannot fly as claimTimeoutMs must be > 0: current value is ${claimTimeoutMs}`);
    }
    this.#components = { clock: SYSTEM_CLOCK, random: Math.random, ...components };
    [this.#holdMs, this.#claimTimeoutMs] = [holdMs, claimTimeoutMs];
    const { members, clock, random } = this.#components;
    const nowMs = () => clock.nowMs();
    this.#coordinator = new Coordinator({ nowMs, random }, { holdMs, ...rules });
    const onWake = (digest: Digest) => this.#participations.get(digest)?.nudge();
    const onDecided = () => this.#expireLater();
    this.#claimer = new Claimer({ members, coordinator: this.#coordinator, clock, onWake, onDecided });
    this.#empties = new EmptyBodies({ clock });
    const remembered = { max: 1_000, ttlResolution: 0, perf: { now: nowMs } };
    this.#suspects = new LRUCache({ ...remembered, ttl: SUSPECT_MS });
    this.#finished = new LRUCache({ ...remembered, ttl: MINUTE_MS });
    this.#responder = members.respond(FLIGHT_PROTOCOL, (message, from) => this.#claimer.respond(message, from));
    this.#observed = components.metrics.observe(() => this.#countRoles());
    members.onMemberGone((id) => this.#memberGone(id), { signal: this.#stop.signal });
  }

  /** How many flights are coordinated here now. */
  get coordinated(): number {
    return this.#coordinator.size;
  }

  async join(request: FlightRequest): Promise<FlightVerdict> {
    const { signal } = request;
    signal?.throwIfAborted();
    const verdict = await this.#decide(request);
    this.#components.metrics.verdicts.inc({ verdict: verdict.uncoordinated ? "uncoordinated" : verdict.type });
    if (verdict.type === "found") return { type: "found", members: verdict.members };
    if (verdict.type !== "follow") return { type: verdict.type };
    if (signal?.aborted) throw signal.reason;
    return { type: "follow", seat: this.#seat(verdict.participation, request.total) };
  }

  gone(member: string, subject: FlightSubject): void {
    const flight = flightId(subject);
    const participation = this.#participations.get(flight);
    if (participation) return this.#report(participation, member, "missing");
    this.#components.metrics.sourceFailures.inc({ why: "missing" });
    this.#tell(flight, { state: "none", failures: [{ member, why: "missing" }] });
  }

  bad(member: string, digest: Digest): void {
    for (const participation of this.#about(digest)) this.#report(participation, member, "bad");
  }

  suspect(digest: Digest): void {
    this.#suspects.set(digest, true);
    this.withhold(digest);
  }

  isSuspect(digest: Digest): boolean {
    return this.#suspects.has(digest);
  }

  withhold(digest: Digest): void {
    for (const participation of this.#about(digest)) participation.withhold();
  }

  holds(digest: Digest): boolean {
    return !this.isSuspect(digest) && this.#about(digest).some(({ share }) => share);
  }

  /** Takes note that the store holds something no more, so that nobody is sent here for it. */
  removed(digest: Digest): void {
    for (const [flight, content] of [...this.#finished.entries()]) {
      if (content !== digest) continue;
      this.#finished.delete(flight);
      this.#tell(flight, { state: "left", failures: [] });
    }
  }

  /** Says goodbye to every flight, in a second at most. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#expiring?.();
    for (const participation of this.#participations.values()) participation.stop();
    this.#observed[Symbol.dispose]();
    await Promise.all(this.#running);
    this.#responder[Symbol.dispose]();
  }

  async #decide(request: FlightRequest): Promise<Decision> {
    const { digest, signal } = request;
    const flight = flightId(request);
    await this.#ended(flight, signal);
    const known = this.#participations.get(flight);
    const participation = known ?? this.#begin(flight, digest);
    if (!participation) return { type: "lead", uncoordinated: true };
    participation.touch();
    if (participation.role === "lead") return { type: "lead" };
    if (this.isSuspect(digest)) participation.withhold();
    const alone = this.#isAlone(flight);
    if (alone || this.isSuspect(digest)) {
      participation.lead();
      participation.nudge();
      return { type: alone ? "alone" : "lead" };
    }
    const answer = await this.#claim(participation, signal);
    if (answer) return this.#verdictOf(answer, participation);
    if (known && participation.sources.length > 0) return { type: "follow", participation };
    participation.lead();
    participation.nudge();
    return { type: "lead", uncoordinated: true };
  }

  #verdictOf(answer: Answer, participation: Participation): Decision {
    if (answer.verdict === "lead" || participation.role === "lead") return { type: "lead" };
    if (answer.verdict === "found") {
      const { members } = this.#components;
      const found = answer.sources.filter(({ state }) => state === "done").map((source) => memberOf(members, source));
      const reachable = found.filter((member) => member !== undefined);
      if (reachable.length > 0) return { type: "found", members: reachable };
    }
    return { type: "follow", participation };
  }

  /** Claims with a client's request. Returns undefined when there is no answer in time. */
  async #claim(participation: Participation, signal: AbortSignal | undefined): Promise<Answer | undefined> {
    const { clock } = this.#components;
    const timeoutMs = this.#claimTimeoutMs;
    const claiming = async () => {
      await waitFor(clock, LOOK_MS, participation.looked);
      return await participation.claim({ join: true, timeoutMs });
    };
    try {
      return await withinMs(clock, timeoutMs, claiming, signal);
    } catch (reason) {
      signal?.throwIfAborted();
      if (isAbort(reason)) return undefined;
      throw reason;
    }
  }

  /** Waits until a participation that is saying goodbye has done so, lest its goodbye comes after a new claim. */
  async #ended(flight: Digest, signal: AbortSignal | undefined): Promise<void> {
    const participation = this.#participations.get(flight);
    if (!participation?.stopped) return;
    await waitFor(this.#components.clock, this.#claimTimeoutMs, participation.over, signal);
    signal?.throwIfAborted();
    if (this.#participations.get(flight) === participation) this.#participations.delete(flight);
  }

  #begin(flight: Digest, digest: Digest): Participation | undefined {
    if (this.#participations.size >= PARTICIPATIONS_MAX || this.#stop.signal.aborted) return undefined;
    const { members, ingests, store, clock, random, metrics } = this.#components;
    const participation = new Participation(flight, {
      members,
      content: digest,
      claimer: this.#claimer,
      own: new OwnProgress({ digest, ingests, store, clock }),
      clock,
      random,
      onPromoted: () => metrics.promotions.inc(),
      onFailure: (why) => metrics.sourceFailures.inc({ why }),
    }, { holdMs: this.#holdMs });
    this.#participations.set(flight, participation);
    this.#track(
      participation.run().then((end) => {
        if (this.#participations.get(flight) === participation) this.#participations.delete(flight);
        if (end === "done") this.#finished.set(flight, digest);
      }),
    );
    return participation;
  }

  #seat(participation: Participation, total: number | undefined): Seat {
    const { members, clock, random } = this.#components;
    return new BodySeat({
      participation,
      members,
      empties: this.#empties,
      clock,
      isLeadWaiting: () => this.#isLeadWaiting(),
      onTurn: (type) => this.#count(type),
    }, { holdMs: this.#holdMs, claimTimeoutMs: this.#claimTimeoutMs, patience: random(), total });
  }

  /** Returns this node's parts in the flights of one content: one for each repository that it comes from. */
  #about(digest: Digest): Participation[] {
    return this.#participations.values().filter(({ content }) => content === digest).toArray();
  }

  #isAlone(flight: Digest): boolean {
    const { members } = this.#components;
    const self = members.self().id;
    return members.closestMembers(flight, { protocol: FLIGHT_PROTOCOL, count: 2 }).every(({ id }) => id === self);
  }

  #isLeadWaiting(): boolean {
    for (const { waitingMs } of this.#participations.values()) {
      if (waitingMs >= LEAD_WAITS_MS) return true;
    }
    return false;
  }

  #countRoles(): FlightCounts {
    const counts = { lead: 0, follow: 0, coordinate: this.coordinated };
    for (const { role } of this.#participations.values()) counts[role]++;
    return counts;
  }

  #count(type: SeatTurn["type"] | "complete"): void {
    const { giveUps, savedCopies, yields } = this.#components.metrics;
    if (type === "yield") yields.inc();
    else if (type === "give-up") giveUps.inc();
    else if (type === "complete") savedCopies.inc();
  }

  #report(participation: Participation, member: string, why: SourceFailure): void {
    participation.fail(member, why);
    participation.nudge();
  }

  /** Tells the coordinator something, without asking for anything. */
  #tell(flight: Digest, news: Pick<Claim, "state" | "failures">): void {
    const { zone, hosts } = this.#components.members.self();
    const claim: Claim = {
      ...{
        digest: flight,
        join: false,
        role: "none",
        offset: 0,
        total: undefined,
        epoch: 0,
        parent: undefined,
        share: false,
      },
      ...{ zone, hosts: hosts.slice(0, HOSTS_MAX), origin: undefined },
      ...news,
    };
    this.#track(this.#claimer.claim(claim, { timeoutMs: TELL_TIMEOUT_MS }));
  }

  /** Has disposing wait for something that never fails. */
  #track(running: Promise<unknown>): void {
    const tracked = running.then(() => {
      this.#running.delete(tracked);
    });
    this.#running.add(tracked);
  }

  #memberGone(id: string): void {
    this.#claimer.wake(this.#coordinator.memberGone(id));
    for (const participation of this.#participations.values()) participation.memberGone(id);
  }

  /** Sees to it that what is coordinated here expires, for as long as there is something. */
  #expireLater(): void {
    if (this.#stop.signal.aborted) return;
    this.#expiring ??= this.#components.clock.after(EXPIRE_MS, () => {
      this.#expiring = undefined;
      this.#claimer.wake(this.#coordinator.expire());
      if (this.#coordinator.size > 0) this.#expireLater();
    });
  }
}

/** A verdict before there is a seat. */
type Decision =
  | Exclude<FlightVerdict, { type: "follow" }> & { uncoordinated?: boolean }
  | { type: "follow"; participation: Participation; uncoordinated?: never };
