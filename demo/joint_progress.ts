import type { PullProgress } from "./pull_progress.ts";
import { bar } from "./screen/bar.ts";
import { formatBytes } from "./screen/format.ts";
import type { Live } from "./screen/screen.ts";
import type { Style } from "./screen/style.ts";

/** The width of a bar in characters. */
const BAR_WIDTH = 32;

/** How far the pulls of several nodes are, node by node. */
export class JointProgress implements Live {
  readonly #pulls: ReadonlyMap<string, PullProgress>;

  /** @param pulls How far each node is, by its name. */
  constructor(pulls: ReadonlyMap<string, PullProgress>) {
    this.#pulls = pulls;
  }

  /** As {@linkcode Live} says. */
  lines(style: Style): string[] {
    return [...this.#pulls].map(([name, { total: { received, size } }]) => {
      const share = received / size;
      const text = `    ${name.padEnd(8)} ${formatBytes(received).padStart(10)}  ${
        style.accent(bar(share, BAR_WIDTH))
      }`;
      return `${text} ${`${Math.floor(100 * share)}`.padStart(3)} %`;
    });
  }

  /** As {@linkcode Live} says. */
  summary(): string {
    return `    ${[...this.#pulls].map(([name, { total }]) => `${name} ${formatBytes(total.received)}`).join(", ")}`;
  }
}
