import { fold } from "../core/fold.ts";
import type { Mark, Style } from "../core/style.ts";
import { CHECKS, type Result } from "./result.ts";

/** How a report is written. */
export interface ReportOptions {
  /** Marks text. */
  style: Style;
  /** The widest line, in characters. @default nothing is broken */
  width?: number;
}

/** What stands in front of a result, by what came of it. Findings come last, where they are seen first. */
const SIGNS = {
  "ok": ["✓", "green"],
  "not-checked": ["?", "yellow"],
  "finding": ["✗", "red"],
} as const satisfies Record<Result["state"], readonly [sign: string, mark: Mark]>;

/** The column after the widest name of a check. */
const TEXT_COLUMN = Math.max(...Object.keys(CHECKS).map((name) => name.length)) + 4;
/** The column of what is said of a result beyond its first line. */
const MORE_COLUMN = 7;

/** Lines of a change that are copied, and so stay whole: settings and commands. */
const COPIED_REGEXP = /^( |Run: |Then: )/;

/** Writes the results for people: first what is fine, then what cannot be seen, then findings with the change to make. */
export function reportText(results: readonly Result[], options: ReportOptions): string {
  const states = Object.keys(SIGNS) as Result["state"][];
  const groups = states.map((state) => results.filter((result) => result.state === state))
    .filter((group) => group.length > 0)
    .map((group) => group.map((result) => resultText(result, options)).join("\n"));
  return [...groups, summary(results, options), ""].join("\n\n").trimEnd();
}

function resultText(result: Result, { style, width }: ReportOptions): string {
  const [sign, mark] = SIGNS[result.state];
  const name = `${result.check.padEnd(TEXT_COLUMN - 2)}`;
  const what = fold(result.what, { width, indent: TEXT_COLUMN });
  const more = (label: string, text: string) =>
    `  ${style("dim", `${label}:`)} ${fold(text, { width, indent: MORE_COLUMN })}`;
  switch (result.state) {
    case "ok":
      return `${style(mark, sign)} ${name}${style("dim", what)}`;
    case "not-checked":
      return [`${style(mark, sign)} ${name}${what}`, `  ${style("dim", "on the node:")} ${result.command}`].join("\n");
    case "finding": {
      const fix = result.fix.map((line) => COPIED_REGEXP.test(line) ? line : fold(line, { width, indent: MORE_COLUMN }))
        .join(`\n${" ".repeat(MORE_COLUMN)}`);
      const head = `${style(mark, sign)} ${style("bold", name)}${what}`;
      return [head, more("why", result.why), `  ${style("dim", "fix:")} ${fix}`].join("\n");
    }
  }
}

function summary(results: readonly Result[], { style }: ReportOptions): string {
  const count = (state: Result["state"]) => results.filter((result) => result.state === state).length;
  const findings = count("finding");
  const text = `findings: ${findings}, fine: ${count("ok")}, not checked: ${count("not-checked")}`;
  return style(findings > 0 ? "red" : "green", text);
}
