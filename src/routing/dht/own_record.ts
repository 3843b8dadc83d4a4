import { MINUTE_MS, SECOND_MS } from "../../core/units.ts";
import type { MemberRecord, NodeInfo } from "./member_record.ts";

/** What an {@linkcode OwnRecord} is made from. */
export interface OwnRecordComponents {
  /** The multihash of this node's peer id. */
  id: Uint8Array;
  /** Signs a record with this node's key. */
  sign(record: MemberRecord): Uint8Array;
  /** Where this node is reached now. */
  addrs(): Uint8Array[];
  /** What it tells of itself now. */
  info(): NodeInfo;
  /** Told of every new record, for others to hear of. */
  onChange(): void;
  /** Tells the time in milliseconds since 1970. @default {Date.now} */
  now?: () => number;
}

/** After how long the record is made anew although nothing has changed, so that others see that the node is there. */
export const RECORD_REFRESH_MS: number = 5 * MINUTE_MS;
/** The shortest time between two records on account of load, and of what others say: they wait for an answer to that. */
const LOAD_PAUSE_MS = 2 * SECOND_MS;
const CONTEST_PAUSE_MS: number = SECOND_MS / 2;
/** The steps in which load is told. */
const LOAD_STEPS = 4;

/** This node's record of itself: made anew when something has changed, when it is old, and when others contest it. */
export class OwnRecord {
  readonly #components: OwnRecordComponents;
  readonly #now: () => number;
  #record: MemberRecord;
  #signed: Uint8Array;
  #madeMs: number;
  #contestedSeq = 0;
  readonly #startedMs: number;

  constructor(components: OwnRecordComponents) {
    this.#components = components;
    this.#now = components.now ?? Date.now;
    this.#madeMs = this.#startedMs = this.#now();
    this.#record = this.#make(this.#madeMs);
    this.#signed = components.sign(this.#record);
  }

  /** The record that holds now. */
  get record(): MemberRecord {
    return this.#record;
  }

  /** When it was made, in milliseconds since 1970. */
  get madeMs(): number {
    return this.#madeMs;
  }

  /** The same with its signature. */
  get signed(): Uint8Array {
    return this.#signed;
  }

  /** Makes a new record if there is reason to. To be called about once a second, and when a protocol comes or goes. */
  check(): void {
    if (this.#record.leaving) return;
    const nowMs = this.#now();
    const next = this.#make(this.#record.seq);
    const ageMs = nowMs - this.#madeMs;
    const paused = ageMs < LOAD_PAUSE_MS;
    const isContested = this.#contestedSeq >= this.#record.seq && ageMs >= CONTEST_PAUSE_MS;
    const isDue = isContested || ageMs >= RECORD_REFRESH_MS ||
      !isSame({ ...next, load: paused ? this.#record.load : next.load }, this.#record);
    if (isDue) this.#replace(next);
  }

  /** Takes note that others know a record of this node, or take it for gone, as of a number: it gets a higher one soon. */
  contest(seq: number): void {
    this.#contestedSeq = Math.max(this.#contestedSeq, Math.min(seq, Number.MAX_SAFE_INTEGER - 1));
  }

  /** Makes the last record: the node stops. */
  leave(): void {
    this.#replace({ ...this.#record, leaving: true });
  }

  #replace(record: MemberRecord): void {
    this.#madeMs = this.#now();
    // A clock that was set back must not make this record older than those that others know.
    this.#record = { ...record, seq: Math.max(this.#madeMs, this.#record.seq + 1, this.#contestedSeq + 1) };
    this.#signed = this.#components.sign(this.#record);
    this.#components.onChange();
  }

  #make(seq: number): MemberRecord {
    const { id, addrs, info } = this.#components;
    const { load, ...told } = info();
    const rounded = Math.round(load * LOAD_STEPS) / LOAD_STEPS;
    return { ...told, load: rounded, id, seq, startedMs: this.#startedMs, addrs: addrs(), leaving: false };
  }
}

function isSame(a: MemberRecord, b: MemberRecord): boolean {
  const text = ({ addrs, port, zone, load, protocols }: MemberRecord) =>
    JSON.stringify([addrs.map((addr) => addr.toHex()), port, zone, load, protocols]);
  return text(a) === text(b);
}
