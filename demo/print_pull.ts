import type { BlobPart } from "./blob_parts.ts";
import type { BlobRecord } from "./measure_pull.ts";
import type { PlayedPull } from "./play_pulls.ts";
import { formatBytes, formatMs, formatSpeed } from "./screen/format.ts";
import type { Screen } from "./screen/screen.ts";
import { tableLines } from "./screen/table.ts";

/** A blob that came in less time has no speed worth telling, in milliseconds. */
const TIMED_MS = 10;

/** Writes where every blob of a pull came from and how fast, what was counted, and whether it is as it should be. */
export function printPull(screen: Screen, pull: PlayedPull): void {
  const { dim, good, bad } = screen.style;
  for (const line of tableLines(pull.blobs.map(blobRow), { leftColumns: [0, 4] })) screen.print(`    ${line}`);
  const bytes = pull.blobs.reduce((sum, { size }) => sum + size, 0);
  const counted = [
    `upstream ${pull.upstreamUp ? formatBytes(pull.upstreamBytes) : "stopped"}`,
    `peers ${formatBytes(pull.counters.peer)}`,
    `own store ${formatBytes(pull.counters.local)}`,
    ...pull.uploads.filter((upload) => upload.bytes > 0).map((upload) =>
      `given by ${upload.node} ${formatBytes(upload.bytes)}`
    ),
  ];
  screen.print(`    ${dim(`counted: ${counted.join(", ")}`)}`);
  for (const problem of pull.unmet) screen.print(`  ${bad("✗")} ${problem}`);
  if (pull.unmet.length > 0) return;
  const took = `${formatBytes(bytes)} in ${formatMs(pull.ms)}, ${formatSpeed(bytes, pull.ms)}`;
  screen.print(`  ${good("✓")} ${took}; every digest is right`);
}

function blobRow({ name, size, parts, ms }: BlobRecord): string[] {
  const timed = ms >= TIMED_MS;
  return [
    name.padEnd(8),
    formatBytes(size),
    timed ? formatMs(ms) : "",
    timed ? formatSpeed(size, ms) : "",
    ` ${formatParts(parts)}`,
  ];
}

function formatParts(parts: readonly BlobPart[]): string {
  if (parts.length === 0) return "not asked for";
  if (parts.length === 1) return parts[0]?.source ?? "";
  return parts.map(({ source, start, end }) => `${source} ${formatBytes(start)} – ${formatBytes(end)}`).join(", ");
}
