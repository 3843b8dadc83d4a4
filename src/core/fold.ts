/** How {@linkcode fold} breaks a text. */
export interface FoldOptions {
  /** The widest line, in characters. @default nothing is broken */
  width?: number;
  /** The column at which the text begins, and each of its lines. */
  indent: number;
}

/**
 * Breaks a text into lines at its spaces. Words that are too long stand on a line of their own: paths and commands are
 * copied from there.
 *
 * @returns The text without the indent of its first line.
 */
export function fold(text: string, { width = Infinity, indent }: FoldOptions): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && indent + longer.length > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}
