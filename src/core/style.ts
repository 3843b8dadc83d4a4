/** The ways in which text can be marked on a terminal. */
export type Mark = "bold" | "dim" | "red" | "green" | "yellow";

/** The codes of ECMA-48 that begin and end a mark. */
const CODES: Record<Mark, readonly [begin: number, end: number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

/** Marks a text. */
export type Style = (mark: Mark, text: string) => string;

/** Marks with colours, for a terminal. */
export const coloured: Style = (mark, text) => {
  const [begin, end] = CODES[mark];
  return `\x1b[${begin}m${text}\x1b[${end}m`;
};

/** Leaves text as it is. */
export const plain: Style = (_, text) => text;
