import { PlainScreen } from "./plain_screen.ts";
import type { Screen } from "./screen.ts";
import { TerminalScreen } from "./terminal_screen.ts";

/** How many lines are assumed where the terminal does not tell. */
const DEFAULT_ROWS = 24;

const encoder = new TextEncoder();

/** Returns a screen on standard output: one that draws if that is a terminal, with colours unless `NO_COLOR` is set. */
export function openScreen(): Screen {
  if (!Deno.stdout.isTerminal()) return new PlainScreen(write);
  return new TerminalScreen({ write, rows }, { colours: !Deno.noColor });
}

function write(text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
  } catch (reason) {
    if (!(reason instanceof Deno.errors.BrokenPipe)) throw reason; // nobody reads any more: the exit code still tells
  }
}

function rows(): number {
  try {
    return Deno.consoleSize().rows || DEFAULT_ROWS;
  } catch {
    return DEFAULT_ROWS;
  }
}
