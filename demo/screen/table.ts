/**
 * Sets rows in columns.
 *
 * @param rows The rows, without colours, all of the same length.
 * @param options Which columns are flush left, by default the first one; the others are flush right.
 * @returns One line for each row.
 */
export function tableLines(
  rows: readonly (readonly string[])[],
  options: { leftColumns?: readonly number[] } = {},
): string[] {
  const { leftColumns = [0] } = options;
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const align = (cell: string, column: number) =>
    leftColumns.includes(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(align).join("  ").trimEnd());
}
