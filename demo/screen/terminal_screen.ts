import type { Live, Screen } from "./screen.ts";
import { type Style, style } from "./style.ts";

/** How often what goes on is drawn again, in milliseconds. */
const REDRAW_MS = 100;

/** Up by some lines, to the first column. */
const up = (lines: number) => lines > 0 ? `\x1b[${lines}F` : "";
/** Clears everything below and right of the cursor. */
const CLEAR_BELOW = "\x1b[0J";
/** A line that is too long is cut, not wrapped: one that wraps would spoil the count of lines. */
const [WRAP_OFF, WRAP_ON] = ["\x1b[?7l", "\x1b[?7h"];

/** What a {@linkcode TerminalScreen} writes to. */
export interface Terminal {
  /** Takes text as it is to be written. */
  write(text: string): void;
  /** Returns how many lines fit. */
  rows(): number;
}

/** Draws over what went on before: for terminals. */
export class TerminalScreen implements Screen {
  readonly style: Style;
  readonly #terminal: Terminal;
  #drawn = 0;

  /**
   * @param terminal What it writes to.
   * @param options Whether text is coloured.
   */
  constructor(terminal: Terminal, options: { colours: boolean }) {
    this.#terminal = terminal;
    this.style = style(options.colours);
  }

  print(line = ""): void {
    this.#terminal.write(`${this.#erase()}${line}\n`);
  }

  async during<T>(live: Live, run: () => Promise<T>): Promise<T> {
    const timer = setInterval(() => this.#draw(live), REDRAW_MS);
    this.#draw(live);
    try {
      return await run();
    } finally {
      clearInterval(timer);
      this.#terminal.write(this.#erase());
    }
  }

  #draw(live: Live): void {
    const lines = live.lines(this.style).slice(0, Math.max(this.#terminal.rows() - 1, 1));
    this.#terminal.write(`${this.#erase()}${WRAP_OFF}${lines.map((line) => `${line}\n`).join("")}${WRAP_ON}`);
    this.#drawn = lines.length;
  }

  /** Returns what takes the last drawing away. */
  #erase(): string {
    const lines = this.#drawn;
    this.#drawn = 0;
    return lines > 0 ? `${up(lines)}${CLEAR_BELOW}` : "";
  }
}
