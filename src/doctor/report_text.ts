import type { Style } from "../core/style.ts";
import { CHECKS, type Result } from "./result.ts";

/** The widest name of a check. */
const NAME_WIDTH = Math.max(...Object.keys(CHECKS).map((name) => name.length)) + 2;

/** Writes the results for people: what is fine in one line each, findings with the change to make. */
export function reportText(results: readonly Result[], style: Style): string {
  const lines = results.flatMap((result) => resultLines(result, style));
  return [...lines, "", summary(results, style), ""].join("\n");
}

function resultLines(result: Result, style: Style): string[] {
  const name = result.check.padEnd(NAME_WIDTH);
  switch (result.state) {
    case "ok":
      return [`${style("green", "ok          ")} ${name}${style("dim", result.what)}`];
    case "not-checked":
      return [
        `${style("yellow", "not checked ")} ${name}${result.what}`,
        `${" ".repeat(13)}on the node: ${result.command}`,
      ];
    case "finding":
      return [
        `${style("red", "finding     ")} ${style("bold", name)}${result.what}`,
        `${" ".repeat(13)}why: ${result.why}`,
        ...result.fix.map((line, index) => `${" ".repeat(13)}${index === 0 ? "fix: " : "     "}${line}`),
      ];
  }
}

function summary(results: readonly Result[], style: Style): string {
  const count = (state: Result["state"]) => results.filter((result) => result.state === state).length;
  const findings = count("finding");
  const text = `findings: ${findings}, fine: ${count("ok")}, not checked: ${count("not-checked")}`;
  return style(findings > 0 ? "red" : "green", text);
}
