import type { FlightRules } from "./flight_rules.ts";

/** How many members are remembered for one flight. */
const REFUSED_MAX = 256;
/** How many members have to say that one lacks the content, so that its own word does not count any more. */
const WITNESSES = 2;

interface Refusal {
  witnesses: Set<string>;
  bad: boolean;
  untilMs: number;
}

/** The members that are named to nobody: they answered 404, or gave wrong bytes. */
export class RefusedMembers {
  readonly #rules: Readonly<FlightRules>;
  readonly #refusals = new Map<string, Refusal>();

  constructor(rules: Readonly<FlightRules>) {
    this.#rules = rules;
  }

  /** How many there are. */
  get size(): number {
    return this.#refusals.size;
  }

  /** Returns whether a member is one of them. */
  has(id: string): boolean {
    return this.#refusals.has(id);
  }

  /** Adds a member, on another one's word. */
  add(id: string, witness: string, why: "missing" | "bad", nowMs: number): void {
    const known = this.#refusals.get(id);
    const bad = why === "bad" || (known?.bad ?? false);
    const witnesses = known?.witnesses ?? new Set();
    if (witnesses.size < WITNESSES) witnesses.add(witness);
    const untilMs = nowMs + (bad ? this.#rules.badMs : this.#rules.missingMs);
    this.#refusals.delete(id);
    this.#refusals.set(id, { witnesses, bad, untilMs });
    if (this.#refusals.size > REFUSED_MAX) this.#refusals.delete(this.#refusals.keys().next().value!);
  }

  /** Takes a member back that is getting the content: it may have been asked a moment too early, by one other at most. */
  isGetting(id: string): void {
    const refusal = this.#refusals.get(id);
    if (refusal && !refusal.bad && refusal.witnesses.size < WITNESSES) this.#refusals.delete(id);
  }

  /** Takes a member back that said itself that it has given the download up: when it comes again, it has a new one. */
  excuse(id: string): void {
    if (!this.#refusals.get(id)?.bad) this.#refusals.delete(id);
  }

  /** Forgets what has expired. */
  expire(nowMs: number): void {
    for (const [id, { untilMs }] of this.#refusals) {
      if (untilMs <= nowMs) this.#refusals.delete(id);
    }
  }
}
