import { InvalidArgumentError } from "commander";
import { parseDurationMs } from "../core/duration.ts";
import { parseByteSize } from "../core/byte_size.ts";
import { KIB, SECOND_MS } from "../core/units.ts";

/** The lowest rate, in bytes per second: below it, bodies would look stalled to those who read them. */
const RATE_MIN_BYTES = 64 * KIB;

/**
 * Makes a parser of one option's value, whose errors the command line reports with the option's name.
 *
 * @param parse Throws SyntaxError or RangeError for a bad value.
 */
export function value<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text.trim());
    } catch (reason) {
      if (reason instanceof SyntaxError || reason instanceof RangeError) throw new InvalidArgumentError(reason.message);
      throw reason;
    }
  };
}

/**
 * Makes a parser of an option that takes several values: `--flag a b`, or `--flag a --flag b`. Empty ones are left out.
 *
 * @param parse Throws SyntaxError or RangeError for a bad value.
 * @param fromEnv Returns what the environment variable of the option holds: values with commas in between.
 */
export function list<T>(
  parse: (text: string) => T,
  fromEnv: () => string | undefined,
): (text: string, previous: T[] | undefined) => T[] {
  const parseOne = value(parse);
  return (text, previous = []) => {
    const texts = text === fromEnv() ? text.split(",") : [text];
    return [...previous, ...texts.filter((part) => part.trim() !== "").map(parseOne)];
  };
}

/** Makes a parser that takes one of some words. */
export function oneOf<T extends string>(...words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((known) => known === text);
    if (word !== undefined) return word;
    throw new SyntaxError(`Cannot use "${text}": expected ${words.join(", ")}`);
  };
}

/** Makes a parser that keeps the text: it is only checked, so that the error names the flag. */
export function checked(parse: (text: string) => unknown): (text: string) => string {
  return (text) => {
    parse(text);
    return text;
  };
}

/** Makes a parser as {@linkcode checked} does, for which an empty text, as templates render it, is no value at all. */
export function optional(parse: (text: string) => unknown): (text: string) => string | undefined {
  return (text) => text === "" ? undefined : checked(parse)(text);
}

/**
 * Makes a parser of durations above zero.
 *
 * @param maxMs The longest one, in milliseconds.
 */
export function durationUpTo(maxMs: number): (text: string) => number {
  return (text) => {
    const durationMs = parseDurationMs(text);
    if (durationMs > 0 && durationMs <= maxMs) return durationMs;
    throw new RangeError(`Cannot wait for "${text}": expected more than 0 and at most ${maxMs / SECOND_MS} s`);
  };
}

/** Makes a parser as {@linkcode durationUpTo} does, for which `0`, or the empty text that templates render, is 0. */
export function durationOrOff(maxMs: number): (text: string) => number {
  return (text) => text === "" || text === "0" ? 0 : durationUpTo(maxMs)(text);
}

/**
 * Reads a number of bytes per second; an empty text, as templates render it, is no limit at all.
 *
 * @throws {SyntaxError | RangeError} If the text is none, or below 64 KiB.
 */
export function byteRate(text: string): number | undefined {
  if (text === "") return undefined;
  const bytes = parseByteSize(text.replace(/\/s$/, ""));
  if (bytes >= RATE_MIN_BYTES) return bytes;
  throw new RangeError(`Cannot use "${text}": expected at least 64KiB per second`);
}

/**
 * Reads a yes or no.
 *
 * @throws {SyntaxError} If the text is none.
 */
export function parseBoolean(text: string): boolean {
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw new SyntaxError(`Cannot read "${text}": expected true or false`);
}

/**
 * Reads a whole number above zero.
 *
 * @throws {SyntaxError} If the text is none.
 */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new SyntaxError(`Cannot read "${text}": expected a whole number above 0`);
}

/**
 * Reads a regular expression.
 *
 * @throws {SyntaxError} If the text is none.
 */
export function parseRegExp(text: string): RegExp {
  return new RegExp(text);
}

/**
 * Reads a text that must not be empty.
 *
 * @throws {SyntaxError} If it is.
 */
export function parseNonEmpty(text: string): string {
  if (text === "") throw new SyntaxError("Cannot use an empty value");
  return text;
}
