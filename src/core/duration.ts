import { HOUR_MS, MINUTE_MS, SECOND_MS } from "./units.ts";

const AMOUNT = "(?:\\d+(?:\\.\\d*)?|\\.\\d+)";
/** Go takes both signs for micro: U+00B5 and the Greek letter U+03BC. */
const UNIT = "(?:ms|us|\u00b5s|\u03bcs|ns|h|m|s)";
const DURATION_REGEXP = new RegExp(`^(?:${AMOUNT}${UNIT})+$`);
const PART_REGEXP = new RegExp(`(${AMOUNT})(${UNIT})`, "g");

/** The longest duration of Go, 2⁶³ nanoseconds, in milliseconds. */
const DURATION_MAX_MS = 2 ** 63 / 1e6;

const UNIT_MS: Record<string, number> = {
  h: HOUR_MS,
  m: MINUTE_MS,
  s: SECOND_MS,
  ms: 1,
  us: 1e-3,
  "\u00b5s": 1e-3,
  "\u03bcs": 1e-3,
  ns: 1e-6,
};

/**
 * Reads a duration as Go writes it, such as `20ms` or `1m30s`. A bare `0` is allowed, a sign is not.
 *
 * @returns The duration in milliseconds.
 * @throws {SyntaxError} If the text is no such duration.
 * @throws {RangeError} If it is longer than Go could hold: some 292 years.
 */
export function parseDurationMs(text: string): number {
  if (text === "0") return 0;
  if (!DURATION_REGEXP.test(text)) {
    throw new SyntaxError(
      `Cannot parse duration "${clip(text)}": expected a number with a unit, such as 20ms, 5s or 1m30s`,
    );
  }
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(PART_REGEXP)) totalMs += Number(amount) * UNIT_MS[unit!]!;
  if (totalMs >= DURATION_MAX_MS) throw new RangeError(`Cannot use duration "${clip(text)}": it is too long`);
  return totalMs;
}

function clip(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
