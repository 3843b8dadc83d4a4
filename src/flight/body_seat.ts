import { MIB, SECOND_MS } from "../core/units.ts";
import type { Member, Membership } from "../routing/members.ts";
import { type Clock, waitFor } from "./clock.ts";
import type { EmptyBodies } from "./empty_bodies.ts";
import type { NextOptions, Seat, SeatTurn, SourceFailure } from "./flight_gate.ts";
import { memberOf } from "./member_of.ts";
import type { Participation, SeatedBody } from "./participation.ts";
import type { Source } from "./wire/flight_message.ts";

/** What {@linkcode BodySeat} works with. */
export interface BodySeatComponents {
  /** The node's part in the flight. */
  participation: Participation;
  /** Knows where members are. */
  members: Membership;
  /** Knows how many bodies in a row were empty. */
  empties: EmptyBodies;
  /** The time. */
  clock: Clock;
  /** Returns whether a download that this node leads waits for its first byte. */
  isLeadWaiting: () => boolean;
  /** Hears how turns and the seat end. */
  onTurn: (type: SeatTurn["type"] | "complete") => void;
}

/** The numbers that {@linkcode BodySeat} goes by. */
export interface BodySeatOptions {
  /** How long the leads of a flight may go without a byte, in milliseconds. */
  holdMs: number;
  /** A random number from 0 to below 1: how much longer this seat holds than others. */
  patience: number;
  /** How long a failure may take to be told, in milliseconds. */
  claimTimeoutMs: number;
  /** The size of the whole in bytes, where a manifest told it: sources that say otherwise are not read. */
  total: number | undefined;
}

/** What is read now. */
interface Reading {
  source: Source;
  controller: AbortController;
}

/** After how many holds without a byte a body is given up whatever the coordinator says. */
const HOLDS_MAX = 4;
/** How long a member may give nothing that has more, in milliseconds. */
const SILENCE_MS = 5 * SECOND_MS;
/** How much more it must have: ingests grow in such steps. */
const STEP_BYTES = MIB;
/** How long a body that gets bytes goes on after the node was made lead, in milliseconds. */
const LEAD_QUIET_MS = SECOND_MS;
/** How long a member that failed is not read again unless it is named anew, in milliseconds. */
const FULL_MS = 2 * SECOND_MS;
/**
 * The same after it did not answer in time, or gave nothing. Short, as busy nodes are all late at once, and a follower
 * that believes in nobody any more waits for nothing; whoever is really gone is not named again.
 */
const LOST_MS = 5 * SECOND_MS;
/** How long a pause between two looks is at most, in milliseconds. */
const LOOK_MS = SECOND_MS / 4;

/** One body that follows a flight. */
export class BodySeat implements Seat, SeatedBody {
  readonly #components: BodySeatComponents;
  readonly #options: BodySeatOptions;
  readonly #avoided = new Map<string, number>();
  #reading: Reading | undefined;
  #offset: number | undefined;
  #received = 0;
  #byteMs: number;
  #ended = false;

  constructor(components: BodySeatComponents, options: BodySeatOptions) {
    this.#components = components;
    this.#options = options;
    this.#byteMs = components.clock.nowMs();
    components.participation.seated(this);
  }

  get total(): number | undefined {
    return this.#components.participation.sources.find(({ total }) => total !== undefined)?.total;
  }

  get reading(): string | undefined {
    return this.#reading?.source.id;
  }

  async next(offset: number, options: NextOptions = {}): Promise<SeatTurn> {
    const { participation, clock } = this.#components;
    const { failure, signal } = options;
    this.#offset = offset;
    signal?.throwIfAborted();
    const before = this.#reading;
    this.#reading = undefined;
    if (before && failure) await this.#fail(before.source.id, failure, signal);
    for (;;) {
      signal?.throwIfAborted();
      const turn = this.#decide(offset);
      if (turn) {
        this.#log(turn);
        this.#components.onTurn(turn.type);
        return turn;
      }
      await waitFor(clock, LOOK_MS, participation.changed, signal);
    }
  }

  received(count: number): void {
    const { clock, empties, participation } = this.#components;
    if (count <= 0) return;
    if (this.#received === 0) empties.clear(participation.digest);
    this.#received += count;
    this.#offset = (this.#offset ?? 0) + count;
    this.#byteMs = clock.nowMs();
  }

  ended(complete: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    const { empties, participation, onTurn } = this.#components;
    this.#exchange("The body has ended");
    if (complete) onTurn("complete");
    else if (this.#received === 0) empties.add(participation.digest);
    participation.unseated(this);
  }

  named(sources: readonly Source[], keep: boolean): void {
    const reading = this.#reading;
    if (!reading) return;
    const source = sources.find(({ id }) => id === reading.source.id);
    if (source) reading.source = source;
    else if (!keep) this.#exchange("The coordinator names another source");
  }

  memberGone(id: string): void {
    if (this.reading === id) this.#lose("The source is gone");
  }

  review(): void {
    if (!this.#reading) return;
    const { source } = this.#reading;
    const { participation } = this.#components;
    if (participation.role === "lead") {
      // Bytes that come are better than those from upstream: the lead before may only have been slow to claim.
      if (this.#received > 0 && this.#quietMs() < LEAD_QUIET_MS) return;
      this.#exchange("This node goes upstream");
      participation.nudge();
    } else if (this.#shouldYield()) this.#exchange("The body is in the way of others");
    else if (this.#isOverdue()) this.#exchange("There was no byte for too long");
    else if (this.#hasMore(source) && this.#quietMs() >= SILENCE_MS) {
      this.#lose("The source has more, but gives nothing");
    }
  }

  /** Whether a source has bytes that it could give: of one whose download grows, the last step may be a guess. */
  #hasMore({ state, offset }: Source): boolean {
    return state === "done" || offset >= (this.#offset ?? 0) + STEP_BYTES;
  }

  #decide(offset: number): SeatTurn | undefined {
    const { participation } = this.#components;
    if (participation.role === "lead") return { type: "lead" };
    if (participation.stopped) return { type: "give-up", reason: "this node takes no part any more" };
    if (this.#shouldYield()) return { type: "yield" };
    if (this.#isOverdue()) {
      participation.lead();
      participation.nudge();
      return { type: "give-up", reason: `no byte for ${Math.round(this.#quietMs() / SECOND_MS)} s` };
    }
    for (const source of participation.sources) {
      if (this.#isWrong(source)) {
        participation.fail(source.id, "bad");
        participation.nudge();
        return undefined;
      }
      const member = memberOf(this.#components.members, source);
      if (member && this.#isReadable(source)) return this.#read(member, source, offset);
    }
    return undefined;
  }

  #read(member: Member, source: Source, offset: number): SeatTurn {
    this.#offset = offset;
    const controller = new AbortController();
    this.#reading = { source, controller };
    return { type: "read", member, growing: source.state !== "done", signal: controller.signal };
  }

  #log(turn: SeatTurn): void {
    const { participation } = this.#components;
    const at = { offset: this.#offset };
    if (turn.type === "read") {
      participation.log("debug", "reads from {member} at byte {offset}", { ...at, member: turn.member.id });
    } else if (turn.type === "give-up") {
      participation.log("info", "gives up at byte {offset}: {reason}", { ...at, reason: turn.reason });
    } else if (turn.type === "yield") participation.log("debug", "lets its own downloads go first");
  }

  /** Whether it tells of another size than the manifest does. */
  #isWrong({ total }: Source): boolean {
    const expected = this.#options.total;
    return total !== undefined && expected !== undefined && total !== expected;
  }

  #isReadable({ id, state, total }: Source): boolean {
    if ((this.#avoided.get(id) ?? -Infinity) > this.#components.clock.nowMs()) return false;
    return state === "done" || total !== undefined;
  }

  async #fail(id: string, failure: SourceFailure, signal: AbortSignal | undefined): Promise<void> {
    const { participation, clock } = this.#components;
    const avoidMs = failure === "full" ? FULL_MS : failure === "lost" ? LOST_MS : this.#options.holdMs;
    this.#avoided.set(id, clock.nowMs() + avoidMs);
    participation.fail(id, failure);
    if (participation.role === "lead") return;
    const { claimTimeoutMs } = this.#options;
    await waitFor(clock, claimTimeoutMs, participation.claim({ timeoutMs: claimTimeoutMs }), signal);
  }

  #lose(reason: string): void {
    const { participation, clock } = this.#components;
    const id = this.reading;
    if (id === undefined) return;
    this.#avoided.set(id, clock.nowMs() + LOST_MS);
    participation.fail(id, "lost");
    participation.nudge();
    this.#exchange(reason);
  }

  #exchange(reason: string): void {
    const reading = this.#reading;
    this.#reading = undefined;
    reading?.controller.abort(new DOMException(reason, "AbortError"));
  }

  /** Whether this body holds a slot of containerd without a byte, while a download that this node leads needs one. */
  #shouldYield(): boolean {
    const { empties, isLeadWaiting, participation } = this.#components;
    if (this.#received > 0 || !empties.allowsAnother(participation.digest)) return false;
    const source = this.#reading?.source ?? participation.sources.find((other) => this.#isReadable(other));
    const hasBytes = source && (source.state === "done" || source.offset > (this.#offset ?? 0));
    return !hasBytes && isLeadWaiting();
  }

  /** Whether it has waited for so long that it goes upstream by itself. */
  #isOverdue(): boolean {
    const { holdMs, patience } = this.#options;
    const quietMs = this.#quietMs();
    if (quietMs >= HOLDS_MAX * holdMs) return true;
    const alone = holdMs * (1 + patience);
    return quietMs >= alone && this.#components.participation.unansweredMs >= alone;
  }

  #quietMs(): number {
    return this.#components.clock.nowMs() - this.#byteMs;
  }
}
