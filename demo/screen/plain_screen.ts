import { SECOND_MS } from "../../src/core/units.ts";
import type { Live, Screen } from "./screen.ts";
import { type Style, style } from "./style.ts";

/** Writes lines without any control character: for files and pipes. */
export class PlainScreen implements Screen {
  readonly style: Style = style(false);
  readonly #write: (text: string) => void;
  readonly #summaryMs: number;

  /**
   * @param write Takes text as it is to be written.
   * @param options How often a line about what goes on is written, by default every second.
   */
  constructor(write: (text: string) => void, options: { summaryMs?: number } = {}) {
    this.#write = write;
    this.#summaryMs = options.summaryMs ?? SECOND_MS;
  }

  print(line = ""): void {
    this.#write(`${line}\n`);
  }

  async during<T>(live: Live, run: () => Promise<T>): Promise<T> {
    let last = "";
    const timer = setInterval(() => {
      const summary = live.summary();
      if (summary !== last) this.print(summary);
      last = summary;
    }, this.#summaryMs);
    try {
      return await run();
    } finally {
      clearInterval(timer);
    }
  }
}
