/** What a {@linkcode textTable} shows. */
export interface TextTable {
  /** The names of the columns. */
  head: readonly string[];
  /** The columns of text, which are aligned to the left; those of numbers are to the right. */
  text: readonly string[];
  /** The cells of each row, as many as there are columns. */
  rows: readonly (readonly string[])[];
}

/** Writes a table for people. */
export function textTable({ head, text, rows }: TextTable): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return text.includes(head[column] ?? "") ? cell.padEnd(width) : cell.padStart(width);
    }).join("  ").trimEnd()
  ).join("\n");
}
