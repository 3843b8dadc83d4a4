import { getLogger } from "@logtape/logtape";
import { MINUTE_MS, SECOND_MS } from "../core/units.ts";
import { type Digest, splitDigest } from "../oci/digest.ts";
import type { Membership } from "../routing/members.ts";
import type { Claimer } from "./claimer.ts";
import { type Clock, waitFor } from "./clock.ts";
import type { SourceFailure } from "./flight_gate.ts";
import type { OwnProgress, Progress } from "./own_progress.ts";
import {
  type Answer,
  type Claim,
  type ClaimFailure,
  FAILURES_MAX,
  HOSTS_MAX,
  type ProgressState,
  type Source,
} from "./wire/flight_message.ts";

const logger = getLogger(["peili", "flight"]);

/** A body that follows the flight. */
export interface SeatedBody {
  /** Whom it reads from. */
  readonly reading: string | undefined;
  /** Takes note of whom the coordinator names now. */
  named(sources: readonly Source[], keep: boolean): void;
  /** Takes note that a member is gone from the cluster. */
  memberGone(id: string): void;
  /** Looks whether the source that is read should be read on. */
  review(): void;
}

/** What {@linkcode Participation} works with. */
export interface ParticipationComponents {
  /** The content. */
  content: Digest;
  /** Knows who this node is. */
  members: Membership;
  /** Asks the coordinator. */
  claimer: Claimer;
  /** Watches this node's own download. */
  own: OwnProgress;
  /** The time. */
  clock: Clock;
  /** A random number from 0 to below 1. */
  random: () => number;
  /** Hears that this node was made the lead in place of another. */
  onPromoted: () => void;
  /** Hears of each failure of a member. */
  onFailure: (why: SourceFailure) => void;
}

/** The numbers that {@linkcode Participation} goes by. */
export interface ParticipationOptions {
  /** How long the leads of a flight may go without a byte, in milliseconds. */
  holdMs: number;
}

/** What {@linkcode Participation.claim} claims. */
export interface ClaimOptions {
  /** Whether a client wants the content just now. */
  join?: boolean;
  /** How long all candidates together may take, in milliseconds. */
  timeoutMs: number;
}

/** How often the own download is looked at, in milliseconds. */
const POLL_MS = SECOND_MS / 4;
/** How long a claim that nobody waits for may take, in milliseconds. */
const RENEW_TIMEOUT_MS = SECOND_MS;
/** When to claim again after nobody answered, in milliseconds. */
const RETRY_MS = SECOND_MS / 2;
/** How often it is told that the download is complete, until somebody hears it, and after which pauses. */
const DONE_TRIES_MAX = 20;
const DONE_AGAIN_MS = SECOND_MS;
/** How long a download may take to begin, in milliseconds: containerd makes the ingest before it asks for the bytes. */
const BEGIN_MS = SECOND_MS;
/** How long a lead may go without a byte before it is none: containerd gives up then, too. */
const LEAD_IDLE_MS = 5 * MINUTE_MS;

/** This node's part in one flight, from the first request of a client until its download is complete or given up. */
export class Participation {
  /** What the flight is named by. */
  readonly digest: Digest;
  /** The content. */
  readonly content: Digest;
  readonly #components: ParticipationComponents;
  readonly #options: ParticipationOptions;
  readonly #seats = new Set<SeatedBody>();
  readonly #stop = new AbortController();
  readonly #quit = Promise.withResolvers<void>();
  #hasQuit = false;
  #role: "lead" | "follow" = "follow";
  #sources: readonly Source[] = [];
  #epoch = 0;
  #failures: ClaimFailure[] = [];
  #share = true;
  #coordinator: string | undefined;
  /** When a client last asked, or what this node does last changed, in milliseconds of the clock. */
  #sinceMs: number;
  /** How far the download was when this node became lead. */
  #leadOffset = 0;
  #claimAtMs = Infinity;
  #answeredMs: number;
  #claims: Promise<unknown> = Promise.resolve();
  readonly #looked = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<void>();
  #changed = Promise.withResolvers<void>();
  #nudged = Promise.withResolvers<void>();

  constructor(digest: Digest, components: ParticipationComponents, options: ParticipationOptions) {
    this.digest = digest;
    this.content = components.content;
    this.#components = components;
    this.#options = options;
    this.#sinceMs = this.#answeredMs = components.clock.nowMs();
  }

  /** What this node does. */
  get role(): "lead" | "follow" {
    return this.#role;
  }

  /** Whom the coordinator named last, the best first. */
  get sources(): readonly Source[] {
    return this.#sources;
  }

  /** How far the own download is. */
  get progress(): Progress {
    return this.#components.own.progress;
  }

  /** Whether others may read the own ingest. */
  get share(): boolean {
    return this.#share;
  }

  /** How long no coordinator has answered, in milliseconds. */
  get unansweredMs(): number {
    return this.#components.clock.nowMs() - this.#answeredMs;
  }

  /** Settles when something about the flight may be new. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** Settles when the own download was looked at for the first time. */
  get looked(): Promise<void> {
    return this.#looked.promise;
  }

  /** Settles when the coordinator has heard of the end. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** How long this node has been lead without a byte of its own, in milliseconds; 0 when it is not, or has some. */
  get waitingMs(): number {
    if (this.#role !== "lead" || this.progress.offset > this.#leadOffset || this.progress.state === "done") return 0;
    return this.#components.clock.nowMs() - this.#sinceMs;
  }

  /** Runs until the download is complete, or given up, or the participation is stopped; returns which. Never throws. */
  async run(): Promise<ProgressState> {
    const { clock, own } = this.#components;
    const { signal } = this.#stop;
    let end: ProgressState | undefined;
    while (!end) {
      await own.poll();
      this.#looked.resolve();
      end = signal.aborted ? "left" : this.#ending();
      if (end) break;
      for (const seat of this.#seats) seat.review();
      if (clock.nowMs() >= this.#claimAtMs) await this.claim({ timeoutMs: RENEW_TIMEOUT_MS });
      this.#tell();
      const pauseMs = Math.min(POLL_MS, Math.max(1, this.#claimAtMs - clock.nowMs()));
      await waitFor(clock, pauseMs, this.#nudged.promise, signal);
      this.#nudged = Promise.withResolvers();
    }
    this.#stop.abort();
    this.#tell();
    this.log("debug", "ends: {state}", { state: end });
    const farewell = { ...this.#message(), state: end };
    let heard = await this.#components.claimer.claim(farewell, { timeoutMs: RENEW_TIMEOUT_MS });
    this.#over.resolve();
    // Where this node was cut off for a while, others may be waiting for somebody who has everything.
    for (let tries = 1; end === "done" && !heard && tries < DONE_TRIES_MAX; tries++) {
      await waitFor(clock, DONE_AGAIN_MS, this.#quit.promise);
      if (this.#hasQuit) break;
      heard = await this.#components.claimer.claim(farewell, { timeoutMs: RENEW_TIMEOUT_MS });
    }
    return end;
  }

  /** Has {@linkcode Participation.run} end. */
  stop(): void {
    this.#hasQuit = true;
    this.#quit.resolve();
    this.#stop.abort();
  }

  /** Whether it has ended, or is about to. */
  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Claims, after the claims before: answers come in order. Never throws. */
  claim(options: ClaimOptions): Promise<Answer | undefined> {
    const claim = this.#claims.then(() => this.#claim(options));
    this.#claims = claim;
    return claim;
  }

  /** Takes note of a client that asks. */
  touch(): void {
    this.#sinceMs = this.#components.clock.nowMs();
  }

  /** Goes upstream. */
  lead(): void {
    if (this.#role === "lead") return;
    this.#role = "lead";
    this.#sources = [];
    this.#leadOffset = this.progress.offset;
    this.touch();
    for (const seat of this.#seats) seat.review();
  }

  /** Has the coordinator asked at once. */
  nudge(): void {
    this.#claimAtMs = Math.min(this.#claimAtMs, this.#components.clock.nowMs());
    this.#nudged.resolve();
  }

  /** Takes note of what is wrong with a member, for the next claim. */
  fail(member: string, why: SourceFailure): void {
    this.#components.onFailure(why);
    this.log("debug", "reads no more from {member}: {why}", { member, why });
    if (this.#failures.length < FAILURES_MAX) this.#failures.push({ member, why });
    this.#sources = []; // the others may have come to read from here since they were named
  }

  /** Has nobody read the own ingest any more. */
  withhold(): void {
    this.#share = false;
    this.nudge();
  }

  /** Takes note that a member is gone from the cluster. */
  memberGone(id: string): void {
    for (const seat of this.#seats) seat.memberGone(id);
    if (id !== this.#coordinator) return;
    // The others of the flight claim as well: not all of them at once.
    const { clock, random } = this.#components;
    this.#claimAtMs = Math.min(this.#claimAtMs, clock.nowMs() + (this.#role === "lead" ? 0 : POLL_MS * random()));
    this.#nudged.resolve();
  }

  /** Takes a seat in. */
  seated(seat: SeatedBody): void {
    this.#seats.add(seat);
  }

  /** Lets a seat go. */
  unseated(seat: SeatedBody): void {
    this.#seats.delete(seat);
    this.touch();
  }

  /** Writes a line about this flight. */
  log(level: "info" | "debug", text: string, properties: Record<string, unknown> = {}): void {
    const flight = splitDigest(this.content).hex.slice(0, 12);
    logger[level](`Flight {flight}, epoch {epoch}: this node ${text}`, { flight, epoch: this.#epoch, ...properties });
  }

  async #claim({ join = false, timeoutMs }: ClaimOptions): Promise<Answer | undefined> {
    const { claimer, clock } = this.#components;
    const claim = { ...this.#message(), join };
    this.#failures = [];
    const result = await claimer.claim(claim, { timeoutMs });
    if (!result) {
      this.#failures = [...claim.failures, ...this.#failures].slice(0, FAILURES_MAX);
      this.#claimAtMs = clock.nowMs() + RETRY_MS;
      return undefined;
    }
    this.#answeredMs = clock.nowMs();
    this.#coordinator = result.by;
    this.#claimAtMs = clock.nowMs() + result.answer.againMs;
    this.#apply(result.answer, join);
    return result.answer;
  }

  #apply(answer: Answer, joining: boolean): void {
    this.#epoch = Math.max(this.#epoch, answer.epoch);
    if (answer.verdict === "lead") {
      if (this.#role === "lead") return;
      this.lead();
      if (joining) this.log("info", "goes upstream");
      else {
        this.log("info", "goes upstream in place of another, at byte {offset}", { offset: this.progress.offset });
        this.#components.onPromoted();
      }
    } else if (this.#role === "follow") {
      const parent = this.#sources[0]?.id;
      this.#sources = answer.sources.filter(({ id }) => !this.#failures.some(({ member }) => member === id));
      if (this.#sources[0] && this.#sources[0].id !== parent) {
        this.log("debug", "reads from {parent}", { parent: this.#sources[0].id });
      }
      for (const seat of this.#seats) seat.named(this.#sources, answer.keep);
    }
    this.#tell();
  }

  #message(): Claim {
    const { zone, hosts } = this.#components.members.self();
    return {
      digest: this.digest,
      join: false,
      role: this.#role,
      ...this.progress,
      epoch: this.#epoch,
      parent: this.#reading(),
      failures: this.#failures,
      share: this.#share,
      zone,
      hosts: hosts.slice(0, HOSTS_MAX),
      origin: undefined,
    };
  }

  /** Returns whom a body is read from. */
  #reading(): string | undefined {
    for (const { reading } of this.#seats) {
      if (reading !== undefined) return reading;
    }
    return undefined;
  }

  /** Returns how the participation ends, if it does now. */
  #ending(): ProgressState | undefined {
    const { clock, own } = this.#components;
    const { state } = own.progress;
    if (state === "done") return "done";
    if (this.#seats.size > 0) return undefined;
    const idleMs = clock.nowMs() - Math.max(this.#sinceMs, own.movedMs);
    const end = this.#role === "lead" ? "failed" : "left";
    if (state === "failed") return end;
    if (state === "none") return clock.nowMs() - this.#sinceMs >= BEGIN_MS ? end : undefined;
    return idleMs >= (this.#role === "lead" ? LEAD_IDLE_MS : 2 * this.#options.holdMs) ? end : undefined;
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
