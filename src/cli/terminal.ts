import { coloured, plain, type Style } from "../core/style.ts";

/** How text is shown to whoever reads standard output. */
export interface Terminal {
  /** Marks text, if that is wanted. */
  style: Style;
  /** How wide it is, in characters; `undefined` for a file or a pipe. */
  width?: number;
}

/** Below this, breaking lines helps nobody. */
const WIDTH_MIN = 40;

/** Returns what standard output is. */
export function terminal(): Terminal {
  if (!Deno.stdout.isTerminal()) return { style: plain };
  const { columns } = Deno.consoleSize();
  // A terminal that was opened by "kubectl exec" may have no size yet.
  return { style: Deno.noColor ? plain : coloured, width: columns > 0 ? Math.max(WIDTH_MIN, columns) : undefined };
}
