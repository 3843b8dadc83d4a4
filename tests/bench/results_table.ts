import { textTable } from "./text_table.ts";
import { type Budget, isKept, type Result } from "./result.ts";

const COLUMNS = ["part", "what", "GB/s", "of nginx", "CPU-s/GiB", "RSS MiB", "budget"];
/** The columns of text. */
const TEXT_COLUMNS = ["part", "what", "budget"];

/** Writes results as a table for people. */
export function resultsTable(results: readonly Result[]): string {
  return textTable({ head: COLUMNS, text: TEXT_COLUMNS, rows: results.map(cells) });
}

function cells(result: Result): string[] {
  const { part, name, gigabytesPerSecond, shareOfNginx, cpuSecondsPerGib, residentMib, budgets } = result;
  return [
    part,
    name,
    gigabytesPerSecond?.toFixed(2) ?? "",
    shareOfNginx?.toFixed(2) ?? "",
    cpuSecondsPerGib?.toFixed(2) ?? "",
    residentMib?.toFixed(0) ?? "",
    budgets.map(budgetText).join(", "),
  ];
}

function budgetText(budget: Budget): string {
  const { what, kind, bound } = budget;
  const kept = isKept(budget);
  const verdict = kept === undefined ? "cannot be told" : kept ? "met" : "MISSED";
  return `${kind} ${bound} ${what}: ${verdict}`;
}
