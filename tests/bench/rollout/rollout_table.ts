import { isWithinBudget, type RolloutFigure } from "./rollout_figure.ts";

const HEAD = ["nodes", "what", "slowest s", "× alone", "copies", "Peili CPU-s", "containerd CPU-s", "budget"];
/** Columns of text are aligned to the left, those of numbers to the right. */
const TEXT_COLUMNS = ["what", "budget"];

/** Writes figures as a table for people. */
export function rolloutTable(figures: readonly RolloutFigure[]): string {
  const rows = [HEAD, ...figures.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return TEXT_COLUMNS.includes(HEAD[column] ?? "") ? cell.padEnd(width) : cell.padStart(width);
    }).join("  ").trimEnd()
  ).join("\n");
}

function cells(figure: RolloutFigure): string[] {
  const { nodes, what, seconds, ofAlone, copies, peiliCpuSeconds, containerdCpuSeconds, atMost } = figure;
  const kept = isWithinBudget(figure);
  return [
    String(nodes),
    what,
    seconds.toFixed(1),
    ofAlone?.toFixed(2) ?? "",
    copies.toFixed(2),
    peiliCpuSeconds.toFixed(1),
    containerdCpuSeconds.toFixed(1),
    atMost ? `at most ${atMost.ofAlone} × alone, ${atMost.copies} copies: ${kept ? "met" : "MISSED"}` : "",
  ];
}
