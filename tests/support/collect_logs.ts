import { configure, type LogRecord, reset } from "@logtape/logtape";

/** The log records of a test. Disposing of it ends the collecting. */
export interface CollectedLogs extends AsyncDisposable {
  /** What was logged so far, as text. */
  readonly texts: string[];
}

/** Begins to collect what is logged at `info` and above. Only one test of a process may do so at a time. */
export async function collectLogs(): Promise<CollectedLogs> {
  const texts: string[] = [];
  await configure({
    sinks: { collect: ({ message }: LogRecord) => texts.push(message.join("")) },
    loggers: [
      { category: ["peili"], sinks: ["collect"], lowestLevel: "info" },
      { category: ["logtape", "meta"], sinks: [] },
    ],
  });
  return { texts, [Symbol.asyncDispose]: () => reset() };
}
