/** Emphasis for text on a terminal. Every function returns the text unchanged where there are no colours. */
export interface Style {
  /** What should be seen first. */
  bold(text: string): string;
  /** What may be passed over. */
  dim(text: string): string;
  /** What is as it should be. */
  good(text: string): string;
  /** What is not. */
  bad(text: string): string;
  /** What moves. */
  accent(text: string): string;
}

/** The numbers of ECMA-48's "select graphic rendition": how each emphasis begins and ends. */
const RENDITIONS = {
  bold: [1, 22],
  dim: [2, 22],
  good: [32, 39],
  bad: [31, 39],
  accent: [36, 39],
} as const;

/** Makes the emphasis of a screen. */
export function style(colours: boolean): Style {
  const paint = (name: keyof typeof RENDITIONS) => {
    const [on, off] = RENDITIONS[name];
    return (text: string) => colours ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  };
  return { bold: paint("bold"), dim: paint("dim"), good: paint("good"), bad: paint("bad"), accent: paint("accent") };
}
