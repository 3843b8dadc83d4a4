import { runCommand } from "../../support/run_command.ts";

/** What a process has sent and received over TCP, without the bytes that were sent again. */
export interface SocketTraffic {
  /** Bytes in both directions. */
  bytes: number;
  /** Segments with data in both directions. */
  segments: number;
}

/** The counters of a connection; a peer on this machine has the same ones the other way round. */
const COUNTERS = { bytes: ["bytes_acked", "bytes_received"], segments: ["data_segs_out", "data_segs_in"] } as const;

/**
 * Counts what went over the connections of a process that are open now; undefined where `ss` is not installed.
 *
 * The kernel counts. What libp2p itself could tell would leave out what encryption and multiplexing add.
 */
export async function socketTraffic(pid: number): Promise<SocketTraffic | undefined> {
  let text: string;
  try {
    text = await runCommand("ss", ["--tcp", "--info", "--numeric", "--processes", "--no-header", "--oneline"]);
  } catch (reason) {
    if (reason instanceof Deno.errors.NotFound) return undefined;
    throw reason;
  }
  return sumTraffic(text, pid);
}

/** Sums the counters of a process in what `ss` prints with `--info --processes --oneline`. */
export function sumTraffic(text: string, pid: number): SocketTraffic {
  const lines = text.split("\n").filter((line) => line.includes(`pid=${pid},`));
  const sum = (names: readonly string[]) =>
    lines.flatMap((line) => names.map((name) => Number(new RegExp(`\\b${name}:(\\d+)`).exec(line)?.[1] ?? 0)))
      .reduce((total, count) => total + count, 0);
  return { bytes: sum(COUNTERS.bytes), segments: sum(COUNTERS.segments) };
}
