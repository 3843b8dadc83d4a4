import { textTable } from "../text_table.ts";
import { type Figure, isWithinBudget } from "./figure.ts";

const HEAD = ["nodes", "what", "peili", "stock kad-dht", "budget"];
/** The columns of text. */
const TEXT_COLUMNS = ["what", "budget"];

/** Writes figures as a table for people. */
export function figuresTable(figures: readonly Figure[]): string {
  return textTable({ head: HEAD, text: TEXT_COLUMNS, rows: figures.map(cells) });
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
