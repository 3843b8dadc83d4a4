import { type Figure, isWithinBudget } from "./figure.ts";

const HEAD = ["nodes", "what", "peili", "stock kad-dht", "budget"];
/** Columns of text are aligned to the left, those of numbers to the right. */
const TEXT_COLUMNS = ["what", "budget"];

/** Writes figures as a table for people. */
export function figuresTable(figures: readonly Figure[]): string {
  const rows = [HEAD, ...figures.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return TEXT_COLUMNS.includes(HEAD[column] ?? "") ? cell.padEnd(width) : cell.padStart(width);
    }).join("  ").trimEnd()
  ).join("\n");
}

function cells(figure: Figure): string[] {
  const { nodes, what, value, stock, atMost } = figure;
  const kept = isWithinBudget(figure);
  const verdict = kept === undefined ? "" : `at most ${atMost}: ${kept ? "met" : "MISSED"}`;
  return [
    String(nodes),
    what,
    value === undefined ? "-" : text(value),
    stock === undefined ? "" : text(stock),
    verdict,
  ];
}

function text(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
