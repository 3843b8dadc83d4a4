import { textTable } from "../text_table.ts";
import { isWithinBudget, type RolloutFigure } from "./rollout_figure.ts";

const HEAD = ["nodes", "what", "slowest s", "× alone", "copies", "Peili CPU-s", "containerd CPU-s", "budget"];
/** The columns of text. */
const TEXT_COLUMNS = ["what", "budget"];

/** Writes figures as a table for people. */
export function rolloutTable(figures: readonly RolloutFigure[]): string {
  return textTable({ head: HEAD, text: TEXT_COLUMNS, rows: figures.map(cells) });
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
