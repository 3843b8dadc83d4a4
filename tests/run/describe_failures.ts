import { stripVTControlCharacters } from "node:util";
import type { CommandEnd } from "./count_results.ts";

/** The headings of `deno test` over what went wrong, and over the list of tests that failed. */
const ERRORS = " ERRORS ";
/** How `deno test` sums up, after all that. */
const SUMMARY_REGEXP = /^FAILED \| /;
/** How many lines are told at most: the first of the errors, or the last that were printed where there are none. */
const LINES_MAX = 120;
const LAST_LINES = 30;

/**
 * Returns what `deno test` said of the tests that failed, without colours, so that it can be told once more where
 * everybody looks. Of a run that ended without a word about them, the last lines.
 */
export function describeFailures({ output }: CommandEnd): string {
  const lines = stripVTControlCharacters(output).trimEnd().split("\n");
  const from = lines.lastIndexOf(ERRORS);
  if (from < 0) return lines.slice(-LAST_LINES).join("\n");
  const length = lines.slice(from).findIndex((line) => SUMMARY_REGEXP.test(line));
  const end = length < 0 ? lines.length : from + length;
  return lines.slice(from + 1, Math.min(end, from + 1 + LINES_MAX)).join("\n").trim();
}
