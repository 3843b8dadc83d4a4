/** One line of a node's log. */
export interface LogEntry {
  /** What is said. */
  msg: string;
  /** What it is said about. */
  [property: string]: unknown;
}

/**
 * Reads what a node has logged.
 *
 * @param path The log, one JSON object a line; other lines are passed over.
 * @param fromByte Where to begin.
 */
export async function readLog(path: string, fromByte = 0): Promise<LogEntry[]> {
  const bytes = await Deno.readFile(path);
  const lines = new TextDecoder().decode(bytes.subarray(fromByte)).split("\n");
  return lines.flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line);
      return isLogEntry(entry) ? [entry] : [];
    } catch {
      return []; // a line that is being written, or a word of the runtime
    }
  });
}

/** Returns how long a log is now, in bytes: from here on is what comes next. */
export async function logEnd(path: string): Promise<number> {
  return (await Deno.stat(path)).size;
}

function isLogEntry(value: unknown): value is LogEntry {
  return typeof value === "object" && value !== null && typeof (value as LogEntry).msg === "string";
}
