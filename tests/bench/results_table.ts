import { type Budget, isKept, type Result } from "./result.ts";

const COLUMNS = ["part", "what", "GB/s", "of nginx", "CPU-s/GiB", "RSS MiB", "budget"] as const;
/** Columns of text are aligned to the left, those of numbers to the right. */
const TEXT_COLUMNS: readonly string[] = ["part", "what", "budget"];

/** Writes results as a table for people. */
export function resultsTable(results: readonly Result[]): string {
  const rows = [COLUMNS as readonly string[], ...results.map(cells)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return TEXT_COLUMNS.includes(COLUMNS[column] ?? "") ? cell.padEnd(width) : cell.padStart(width);
    }).join("  ").trimEnd()
  ).join("\n");
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
