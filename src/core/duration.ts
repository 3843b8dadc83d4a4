import { HOUR_MS, MINUTE_MS, SECOND_MS } from "./units.ts";

const DURATION_REGEXP = /^(?:\d+(?:\.\d+)?(?:ms|us|µs|ns|h|m|s))+$/;
const PART_REGEXP = /(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s)/g;

const UNIT_MS: Record<string, number> = {
  h: HOUR_MS,
  m: MINUTE_MS,
  s: SECOND_MS,
  ms: 1,
  us: 1e-3,
  "µs": 1e-3,
  ns: 1e-6,
};

/**
 * Reads a duration as Go writes it, such as `20ms` or `1m30s`. A bare `0` is allowed, a sign is not.
 *
 * @returns The duration in milliseconds.
 * @throws {SyntaxError} If the text is no such duration.
 */
export function parseDurationMs(text: string): number {
  if (text === "0") return 0;
  if (!DURATION_REGEXP.test(text)) {
    throw new SyntaxError(`Cannot parse duration "${text}": expected a number with a unit, such as 20ms, 5s or 1m30s`);
  }
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(PART_REGEXP)) totalMs += Number(amount) * UNIT_MS[unit!]!;
  return totalMs;
}
