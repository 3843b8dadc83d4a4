import { configure, type LogLevel, type LogRecord } from "@logtape/logtape";

/** The values of `--log-level`. */
export const LOG_LEVELS = {
  DEBUG: "debug",
  INFO: "info",
  WARN: "warning",
  ERROR: "error",
} as const satisfies Record<string, LogLevel>;

/**
 * Reads a log level, in capital or small letters.
 *
 * @throws {SyntaxError} If it is none.
 */
export function parseLogLevel(text: string): LogLevel {
  const level = (LOG_LEVELS as Record<string, LogLevel>)[text.toUpperCase()];
  if (level) return level;
  throw new SyntaxError(`Cannot log at level "${text}": expected one of ${Object.keys(LOG_LEVELS).join(", ")}`);
}

/** From now on logs go to standard error, as one JSON object a line. */
export async function configureLogging(lowestLevel: LogLevel): Promise<void> {
  await configure({
    reset: true,
    sinks: { stderr: writeLine },
    loggers: [
      { category: "peili", sinks: ["stderr"], lowestLevel },
      { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "error" },
    ],
  });
}

const encoder = new TextEncoder();

/** Written at once, so that the last lines before an end are never lost. */
function writeLine({ timestamp, level, category, message, properties }: LogRecord): void {
  const line = JSON.stringify({
    time: new Date(timestamp).toISOString(),
    level: level === "warning" ? "WARN" : level.toUpperCase(),
    msg: message.join(""),
    logger: category.slice(1).join("."),
    ...properties,
  });
  try {
    Deno.stderr.writeSync(encoder.encode(`${line}\n`));
  } catch {
    // Nobody reads standard error any more: that is no reason to stop serving.
  }
}
