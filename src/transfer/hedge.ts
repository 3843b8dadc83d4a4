import type { CallOptions } from "../core/call_options.ts";
import { abortable, deadline, sleep } from "../core/deadline.ts";

/** Thrown when no candidate succeeded. */
export class CandidatesExhaustedError extends Error {
  override name = "CandidatesExhaustedError";
  /** Why each attempt failed, in the order in which they did. */
  readonly failures: readonly unknown[];

  /** @param failures Why each attempt failed. */
  constructor(failures: readonly unknown[]) {
    super(`Cannot get an answer: ${failures.length} attempts failed`, { cause: failures.at(-1) });
    this.failures = failures;
  }
}

/** How a {@linkcode hedge} paces itself. */
export interface HedgeOptions extends CallOptions {
  /** How long the call may take as a whole, in milliseconds. */
  timeoutMs: number;
  /** How long the latest attempt may take before another one is started beside it, in milliseconds. */
  delayMs: number;
}

/** What ends a wait of {@linkcode hedge}. */
type Turn<C, T> =
  | { type: "candidate"; candidate: C }
  | { type: "no-candidate"; reason?: unknown }
  | { type: "late" }
  | { type: "won"; attempt: Attempt<C, T>; value: T }
  | { type: "failed"; attempt: Attempt<C, T>; reason: unknown };

/**
 * Tries candidates until one succeeds: the next one when an attempt fails, or beside it when it is late.
 *
 * @param candidates Who can be tried, in order; may still be found while attempts are under way.
 * @param attempt Tries one candidate. Its signal aborts when another one won or the call ended, which must release
 * what the attempt holds even if it has just succeeded. The winner's signal goes on following `options.signal`.
 * @returns What the first successful attempt returned.
 * @throws {CandidatesExhaustedError} If every candidate failed, or there is none.
 * @throws {DOMException} `TimeoutError` once the time is over, or the signal's reason once it aborts.
 */
export async function hedge<C, T>(
  candidates: AsyncIterable<C> | Iterable<C>,
  attempt: (candidate: C, signal: AbortSignal) => Promise<T>,
  options: HedgeOptions,
): Promise<T> {
  const { delayMs, timeoutMs } = options;
  const signal = deadline(timeoutMs, options.signal);
  const iterator = iterate(candidates);
  const running = new Set<Attempt<C, T>>();
  const failures: unknown[] = [];
  let next: Promise<Turn<C, T>> | undefined = nextCandidate(iterator);
  let more = true;
  try {
    while (running.size > 0 || next) {
      const turn: Turn<C, T> = await firstTurn({ running, next, lateMs: more ? delayMs : undefined, signal });
      if (turn.type === "won") {
        running.delete(turn.attempt);
        return turn.value;
      }
      if (turn.type === "failed") {
        running.delete(turn.attempt);
        failures.push(turn.reason);
      }
      if (turn.type === "no-candidate") {
        [next, more] = [undefined, false];
        if (turn.reason !== undefined) failures.push(turn.reason);
      } else if (turn.type === "candidate") {
        next = undefined;
        running.add(new Attempt(turn.candidate, attempt, options.signal));
      } else if (more) next ??= nextCandidate(iterator);
    }
  } finally {
    for (const lost of running) lost.abort();
    iterator.return(undefined).catch(() => {}); // ends the search for candidates, whose outcome changes nothing any more
  }
  throw new CandidatesExhaustedError(failures);
}

/** One attempt, with a signal of its own. */
class Attempt<C, T> {
  readonly #controller = new AbortController();
  readonly settled: Promise<Turn<C, T>>;

  constructor(candidate: C, attempt: (candidate: C, signal: AbortSignal) => Promise<T>, signal?: AbortSignal) {
    const own = this.#controller.signal;
    this.settled = attempt(candidate, signal ? AbortSignal.any([signal, own]) : own).then(
      (value) => ({ type: "won", attempt: this, value }),
      (reason) => ({ type: "failed", attempt: this, reason }),
    );
  }

  abort(): void {
    this.#controller.abort(new DOMException("Another candidate was faster", "AbortError"));
  }
}

/** What {@linkcode firstTurn} waits for. */
interface Wait<C, T> {
  running: ReadonlySet<Attempt<C, T>>;
  next: Promise<Turn<C, T>> | undefined;
  /** When to try the next candidate beside the running ones; undefined when there is none. */
  lateMs: number | undefined;
  signal: AbortSignal;
}

async function firstTurn<C, T>({ running, next, lateMs, signal }: Wait<C, T>): Promise<Turn<C, T>> {
  const turns = [...running].map(({ settled }) => settled);
  if (next) turns.push(next);
  if (next || lateMs === undefined) return await abortable(Promise.race(turns), signal);
  const timer = new AbortController();
  turns.push(sleep(lateMs, timer.signal).then(() => ({ type: "late" })));
  try {
    return await abortable(Promise.race(turns), signal);
  } finally {
    timer.abort();
  }
}

async function nextCandidate<C, T>(iterator: AsyncGenerator<C>): Promise<Turn<C, T>> {
  try {
    const { done, value } = await iterator.next();
    return done ? { type: "no-candidate" } : { type: "candidate", candidate: value };
  } catch (reason) {
    return { type: "no-candidate", reason }; // those that were found before can still succeed
  }
}

async function* iterate<C>(candidates: AsyncIterable<C> | Iterable<C>): AsyncGenerator<C> {
  yield* candidates;
}
