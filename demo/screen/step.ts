import { formatMs } from "./format.ts";
import type { Screen } from "./screen.ts";

/** The width of the names of steps. */
const NAME_WIDTH = 10;

/**
 * Runs something that takes a moment, and writes one line about it.
 *
 * @param name What it is about, in one word.
 * @param run Returns what the line says.
 */
export async function step<T>(
  screen: Screen,
  name: string,
  run: () => Promise<{ value: T; text: string }>,
): Promise<T> {
  const { dim, good } = screen.style;
  const startMs = performance.now();
  const waiting = () => `  … ${name.padEnd(NAME_WIDTH)} ${formatMs(performance.now() - startMs)}`;
  const { value, text } = await screen.during({ lines: () => [dim(waiting())], summary: waiting }, run);
  screen.print(
    `  ${good("✓")} ${name.padEnd(NAME_WIDTH)} ${text} ${dim(`(${formatMs(performance.now() - startMs)})`)}`,
  );
  return value;
}
