import type { LookupOutcome } from "../support/routing/host_calls.ts";

/** What can be wrong with an answer. */
export const VIOLATIONS = {
  wrong: "names a node that never announced the key",
  self: "names the node that asked",
  late: "came after its deadline",
  dead: "names a node that has been dead for too long",
  deadAgain: "names a dead node again after a fetch from it has failed",
  withdrawn: "names a node that has withdrawn the key for too long",
} as const;

/** The kind of a violation. */
export type ViolationKind = keyof typeof VIOLATIONS;

/** An answer as the oracle is told of it. */
export interface Answer {
  /** The peer id of who asked. */
  asker: string;
  /** What was asked for. */
  key: string;
  /** When it was asked, on the clock of the oracle's caller, in milliseconds. */
  askedMs: number;
  /** What came. */
  outcome: LookupOutcome;
}

/** Something wrong. */
export interface Violation {
  kind: ViolationKind;
  answer: Answer;
  /** The provider that should not have been named. */
  provider?: string;
  /** How long it has been dead, or the answer late, in milliseconds. */
  ms?: number;
}

/** How an {@linkcode Oracle} judges. */
export interface OracleOptions {
  /** How long a dead node may be named, in milliseconds. @default {2_000} */
  deadMs?: number;
  /** How long a node may be named for a key that it has withdrawn, in milliseconds. @default {2_000} */
  withdrawnMs?: number;
  /** How long after its deadline an answer may end: what one turn takes on a busy machine. @default {200} */
  lateMs?: number;
}

/**
 * By how much longer the event loop of a node may take than it was held up: a node that loses another one sees it in one
 * turn, and has tried to connect to it again in another one.
 */
const STALL_TURNS = 2;

/** How long a node that is up has to be so until everybody has to find what it announced, in milliseconds. */
const ESTABLISHED_MS = 5_000;

/**
 * Knows who has announced what and who is dead, and judges answers by that. What a node's event loop was held up is no
 * fault of its answers: the processors here are few, and others use them too.
 */
export class Oracle {
  readonly #deadMs: number;
  readonly #withdrawnMs: number;
  readonly #lateMs: number;
  /** Since when a node has a key, or until when it had it. */
  readonly #holders = new Map<string, Map<string, { sinceMs: number; withdrawnMs?: number }>>();
  /** Since when a node is dead or up. */
  readonly #deadSince = new Map<string, number>();
  readonly #upSince = new Map<string, number>();
  /** When a node has failed to fetch from which dead nodes. */
  readonly #failedFetches = new Map<string, Map<string, number>>();

  /** How long the event loop of each node was held up lately, by its last answer. */
  readonly #stallMs = new Map<string, number>();

  constructor(options: OracleOptions = {}) {
    const { deadMs = 2_000, withdrawnMs = 2_000, lateMs = 200 } = options;
    this.#deadMs = deadMs;
    this.#withdrawnMs = withdrawnMs;
    this.#lateMs = lateMs;
  }

  /** Takes note that a node is about to announce keys. */
  announces(id: string, keys: Iterable<string>, nowMs: number): void {
    for (const key of keys) {
      const holders = this.#holders.get(key) ?? new Map();
      holders.set(id, { sinceMs: nowMs });
      this.#holders.set(key, holders);
    }
  }

  /** Takes note that a node has withdrawn keys. */
  withdrew(id: string, keys: Iterable<string>, nowMs: number): void {
    for (const key of keys) {
      const holding = this.#holders.get(key)?.get(id);
      if (holding) holding.withdrawnMs = nowMs;
    }
  }

  /** Takes note that a node is about to start. What it could not tell any more before it died is void from then on. */
  starts(id: string, nowMs: number): void {
    const diedMs = this.#deadSince.get(id) ?? Infinity;
    for (const holders of this.#holders.values()) {
      const holding = holders.get(id);
      if (holding?.withdrawnMs !== undefined && diedMs - holding.withdrawnMs <= this.#withdrawnMs) {
        holding.withdrawnMs = nowMs;
      }
    }
    this.#deadSince.delete(id);
    this.#upSince.set(id, nowMs);
    for (const failed of this.#failedFetches.values()) failed.delete(id);
  }

  /** Takes note that a node is dead. */
  died(id: string, nowMs: number): void {
    this.#deadSince.set(id, nowMs);
    this.#upSince.delete(id);
    this.#failedFetches.delete(id);
  }

  /** Takes note that a node has failed to fetch from another one, which is dead. */
  failedToFetch(asker: string, provider: string, nowMs: number): void {
    const failed = this.#failedFetches.get(asker) ?? new Map();
    this.#failedFetches.set(asker, failed.set(provider, nowMs));
  }

  /** Returns how long a node has been dead, in milliseconds; undefined if it is not. */
  deadForMs(id: string, nowMs: number): number | undefined {
    const since = this.#deadSince.get(id);
    return since === undefined ? undefined : nowMs - since;
  }

  /** Returns whether a node has been up for long enough that it finds and is found. */
  isEstablished(id: string, nowMs: number): boolean {
    const sinceMs = this.#upSince.get(id);
    return sinceMs !== undefined && nowMs - sinceMs >= ESTABLISHED_MS;
  }

  /** Returns the nodes that everybody has to find for a key: established, with the key announced for as long. */
  providersOf(key: string, nowMs: number): string[] {
    return [...this.#holders.get(key) ?? []]
      .filter(([id, { sinceMs, withdrawnMs }]) =>
        withdrawnMs === undefined && nowMs - sinceMs >= ESTABLISHED_MS && this.isEstablished(id, nowMs)
      )
      .map(([id]) => id);
  }

  /** Returns everything that is wrong with an answer. */
  judge(answer: Answer): Violation[] {
    const { asker, outcome } = answer;
    this.#stallMs.set(asker, outcome.stallMs);
    const violations = outcome.providers.map(({ id }) => this.#judgeProvider(answer, id))
      .filter((violation) => violation !== undefined);
    if (outcome.lateMs > this.#lateMs) violations.push({ kind: "late", answer, ms: outcome.lateMs });
    return violations;
  }

  #judgeProvider(answer: Answer, provider: string): Violation | undefined {
    const { asker, key, askedMs } = answer;
    const holding = this.#holders.get(key)?.get(provider);
    if (!holding) return { kind: "wrong", answer, provider };
    if (provider === asker) return { kind: "self", answer, provider };
    const deadForMs = this.deadForMs(provider, askedMs);
    const failedMs = this.#failedFetches.get(asker)?.get(provider) ?? Infinity;
    if (deadForMs !== undefined && askedMs > failedMs) {
      return { kind: "deadAgain", answer, provider, ms: deadForMs };
    }
    if (deadForMs !== undefined && deadForMs > this.#deadMs + this.#allowanceMs(asker)) {
      return { kind: "dead", answer, provider, ms: deadForMs };
    }
    const withdrawnForMs = askedMs - (holding.withdrawnMs ?? Infinity);
    if (withdrawnForMs > this.#withdrawnMs + this.#allowanceMs(asker) + this.#allowanceMs(provider)) {
      return { kind: "withdrawn", answer, provider, ms: withdrawnForMs };
    }
    return undefined;
  }

  #allowanceMs(id: string): number {
    return STALL_TURNS * (this.#stallMs.get(id) ?? 0);
  }
}
