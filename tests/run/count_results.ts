import { stripVTControlCharacters } from "node:util";

/** How many tests of a suite ended how. */
export interface Results {
  /** Tests that passed. */
  passed: number;
  /** Tests that failed. */
  failed: number;
  /** Tests that were left out by a condition of their own. */
  ignored: number;
}

/** How a command ended, as far as its results go. */
export interface CommandEnd {
  /** What it printed on its standard output. */
  output: string;
  /** Its exit code. */
  code: number;
}

const SUMMARY_REGEXP =
  /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \([^)]*\))*((?: \| [^|\n]*)*)$/gm;

/**
 * Counts the results of `deno test`, from the summary that it prints last.
 *
 * A run that ends badly without a failure to show for it, or without a summary at all, counts as one failure.
 */
export function countDenoTest({ output, code }: CommandEnd): Results {
  const summary = [...stripVTControlCharacters(output).matchAll(SUMMARY_REGEXP)].at(-1);
  if (!summary) return { passed: 0, failed: 1, ignored: 0 };
  const [, passed, failed, rest = ""] = summary;
  const ignored = Number(/ (\d+) ignored/.exec(rest)?.[1] ?? 0);
  const results = { passed: Number(passed), failed: Number(failed), ignored };
  return code !== 0 && results.failed === 0 ? { ...results, failed: 1 } : results;
}
