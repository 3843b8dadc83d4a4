import type { Style } from "./style.ts";

/** What is shown while something goes on. */
export interface Live {
  /** The lines to show now, on a terminal. */
  lines(style: Style): string[];
  /** The same in one line, where nothing can be overwritten. */
  summary(): string;
}

/** Where the demo writes. */
export interface Screen {
  /** How text is emphasised here. */
  readonly style: Style;
  /** Writes a line that stays. */
  print(line?: string): void;
  /** Shows how something goes on until it ends, then takes that away again. */
  during<T>(live: Live, run: () => Promise<T>): Promise<T>;
}
