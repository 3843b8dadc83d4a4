import assert from "@std/assert";
import fc from "fast-check";
import { sleep } from "../../src/core/deadline.ts";
import { CandidatesExhaustedError, hedge, type HedgeOptions } from "../../src/transfer/hedge.ts";

/** Long enough for everything here, and for a busy machine. */
const OPTIONS: HedgeOptions = { timeoutMs: 20_000, delayMs: 10_000 };
const SHORT_DELAY: HedgeOptions = { timeoutMs: 20_000, delayMs: 5 };

/** Settles only when its signal aborts. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

Deno.test("hedge() returns what the first candidate gives, and tries no other", async () => {
  const tried: number[] = [];
  const value = await hedge([1, 2], (candidate) => {
    tried.push(candidate);
    return Promise.resolve(candidate * 10);
  }, OPTIONS);
  assert.deepEqual([value, tried], [10, [1]]);
});

Deno.test("hedge() tries the next candidate as soon as one fails", async () => {
  const tried: number[] = [];
  const value = await hedge([1, 2, 3], (candidate) => {
    tried.push(candidate);
    return candidate < 3 ? Promise.reject(new Error("no")) : Promise.resolve(candidate);
  }, OPTIONS);
  assert.deepEqual([value, tried], [3, [1, 2, 3]]);
});

Deno.test("hedge() tries the next candidate beside one that is late, and cancels the loser", async () => {
  const reasons: unknown[] = [];
  const value = await hedge(["slow", "fast"], (candidate, signal) => {
    if (candidate === "fast") return Promise.resolve(candidate);
    signal.addEventListener("abort", () => reasons.push(signal.reason));
    return untilAborted(signal);
  }, SHORT_DELAY);
  assert.equal(value, "fast");
  assert.deepEqual(reasons.map((reason) => (reason as Error).name), ["AbortError"]);
});

Deno.test("hedge() goes on waiting for a late candidate when there is no other", async () => {
  const value = await hedge(["slow"], () => sleep(50).then(() => "late"), SHORT_DELAY);
  assert.equal(value, "late");
});

Deno.test("hedge() lets a late candidate win when those beside it fail", async () => {
  const attempt = (candidate: string) =>
    candidate === "slow" ? sleep(50).then(() => candidate) : Promise.reject(new Error("no"));
  assert.equal(await hedge(["slow", "a", "b"], attempt, SHORT_DELAY), "slow");
});

Deno.test("hedge() throws CandidatesExhaustedError with every reason, in the order of failing", async () => {
  const attempt = (ms: number) => sleep(ms).then(() => Promise.reject(new Error(`after ${ms}`)));
  await assert.rejects(hedge([60, 5], attempt, SHORT_DELAY), (reason: unknown) => {
    if (!(reason instanceof CandidatesExhaustedError)) throw reason;
    assert.deepEqual(reason.failures.map(String), ["Error: after 5", "Error: after 60"]);
    assert.equal(reason.cause, reason.failures[1]);
    return true;
  });
});

Deno.test("hedge() throws CandidatesExhaustedError without candidates", async () => {
  await assert.rejects(hedge([], () => Promise.resolve(1), OPTIONS), CandidatesExhaustedError);
});

Deno.test("hedge() throws TimeoutError once the time is over, and cancels what runs", async () => {
  const signals: AbortSignal[] = [];
  const attempt = (_: number, signal: AbortSignal) => {
    signals.push(signal);
    return untilAborted(signal);
  };
  await assert.rejects(hedge([1, 2], attempt, { timeoutMs: 50, delayMs: 5 }), { name: "TimeoutError" });
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, true]);
});

Deno.test("hedge() throws the caller's reason at once, and cancels what runs", async () => {
  const caller = new AbortController();
  let aborted = false;
  const hedged = hedge([1], (_, signal) => {
    signal.addEventListener("abort", () => aborted = true);
    return new Promise<never>(() => {}); // an attempt that does not heed its signal
  }, { ...OPTIONS, signal: caller.signal });
  await sleep(5);
  caller.abort(new Error("gone"));
  await assert.rejects(hedged, /gone/);
  assert.equal(aborted, true);
});

Deno.test("hedge() leaves the winner's signal alone, but for the caller's abort", async () => {
  const caller = new AbortController();
  const signal = await hedge([1], (_, signal) => Promise.resolve(signal), {
    timeoutMs: 20,
    delayMs: 5,
    signal: caller.signal,
  });
  await sleep(40);
  assert.equal(signal.aborted, false, "the time is for finding a winner");
  caller.abort(new Error("gone"));
  assert.match(String(signal.reason), /gone/);
});

Deno.test("hedge() tries candidates as they are found", async () => {
  async function* found() {
    yield 1;
    await sleep(20);
    yield 2;
  }
  const attempt = (candidate: number) => candidate === 2 ? Promise.resolve(2) : Promise.reject(new Error("no"));
  assert.equal(await hedge(found(), attempt, OPTIONS), 2);
});

Deno.test("hedge() ends the search for candidates when one won", async () => {
  let ended = false;
  async function* found() {
    try {
      for (let candidate = 0;; candidate++) yield candidate;
    } finally {
      ended = true;
    }
  }
  await hedge(found(), (candidate) => Promise.resolve(candidate), OPTIONS);
  await sleep(1);
  assert.equal(ended, true);
});

Deno.test("hedge() lets what was found win when the search fails", async () => {
  async function* found() {
    yield "slow";
    throw new Error("the search failed");
  }
  assert.equal(await hedge(found(), () => sleep(30).then(() => "slow"), SHORT_DELAY), "slow");
});

Deno.test("hedge() counts a failed search among the reasons", async () => {
  const found: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("the search failed")) }),
  };
  await assert.rejects(hedge(found, () => Promise.resolve(1), OPTIONS), (reason: unknown) => {
    if (!(reason instanceof CandidatesExhaustedError)) throw reason;
    assert.deepEqual(reason.failures.map(String), ["Error: the search failed"]);
    return true;
  });
});

Deno.test("hedge() succeeds if and only if a candidate does, and has one winner", async () => {
  const outcomes = fc.array(fc.record({ ms: fc.nat(3), ok: fc.boolean() }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(outcomes, fc.nat(2), async (candidates, delayMs) => {
      const unaborted = new Set<number>();
      const hedged = hedge(candidates.keys(), async (index, signal) => {
        unaborted.add(index);
        signal.addEventListener("abort", () => unaborted.delete(index));
        await sleep(candidates[index]?.ms ?? 0);
        if (candidates[index]?.ok) return index;
        unaborted.delete(index);
        throw new Error("no");
      }, { timeoutMs: 20_000, delayMs });
      const winner = await hedged.catch((reason) => {
        if (!(reason instanceof CandidatesExhaustedError)) throw reason;
        assert.equal(reason.failures.length, candidates.length);
        return undefined;
      });
      assert.equal(winner !== undefined, candidates.some(({ ok }) => ok));
      if (winner !== undefined) assert.deepEqual([...unaborted], [winner]);
      await sleep(5); // the losers' timers
    }),
    { numRuns: 60 },
  );
});
