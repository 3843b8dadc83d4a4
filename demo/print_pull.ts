import { MIB } from "../src/core/units.ts";
import type { BlobPart } from "./blob_parts.ts";
import { fromOthers } from "./counters.ts";
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
  for (const line of tableLines(pull.blobs.flatMap(blobRows), { leftColumns: [0, 4] })) screen.print(`    ${line}`);
  const { upstreamUp, upstreamBytes, counters, ms } = pull;
  const upstream = upstreamUp ? formatBytes(upstreamBytes) : "stopped";
  screen.print(
    dim(
      `    counted: upstream ${upstream}, peers ${formatBytes(fromOthers(counters))}, local ${
        formatBytes(counters.local)
      }`,
    ),
  );
  const uploads = pull.uploads.filter(({ bytes }) => bytes > 0).map(({ node, bytes }) =>
    `${node} ${formatBytes(bytes)}`
  );
  if (uploads.length > 0) screen.print(dim(`    uploaded by ${uploads.join(", by ")}`));
  for (const problem of pull.unmet) screen.print(`  ${bad("✗")} ${problem}`);
  if (pull.unmet.length > 0) return;
  const bytes = pull.blobs.reduce((sum, { size }) => sum + size, 0);
  screen.print(
    `  ${good("✓")} ${formatBytes(bytes)} in ${formatMs(ms)}, ${formatSpeed(bytes, ms)}; every digest is right`,
  );
}

/** Writes the same of pulls that went on at once, in short. */
export function printTogether(screen: Screen, pulls: readonly PlayedPull[]): void {
  const { dim, good, bad } = screen.style;
  const [first] = pulls;
  const header = ["", "", ...pulls.map(({ node }) => node)];
  const rows = (first?.blobs ?? []).map(({ name, size }, index) => [
    name.padEnd(8),
    formatBytes(size),
    ...pulls.map(({ blobs }) => sourcesOf(blobs[index])),
  ]);
  const leftColumns = header.map((_, column) => column).filter((column) => column !== 1);
  for (const line of tableLines([header, ...rows], { leftColumns })) screen.print(`    ${line}`);
  for (const { node, upstreamBytes, counters: { flight, peer } } of pulls) {
    const shared = `of other nodes ${formatBytes(flight)} while they fetched it and ${formatBytes(peer)} later`;
    screen.print(dim(`    counted: ${node} had of upstream ${formatBytes(upstreamBytes)}, ${shared}`));
  }
  const problems = pulls.flatMap(({ unmet }) => unmet);
  for (const problem of problems) screen.print(`  ${bad("✗")} ${problem}`);
  if (problems.length > 0) return;
  const bytes = first?.blobs.reduce((sum, { size }) => sum + size, 0) ?? 0;
  const ms = Math.max(...pulls.map((pull) => pull.ms));
  screen.print(`  ${good("✓")} ${pulls.length} × ${formatBytes(bytes)} in ${formatMs(ms)}; every digest is right`);
}

function sourcesOf(blob: BlobRecord | undefined): string {
  return [...new Set(blob?.parts.map(({ source }) => source))].join(", ");
}

/** A blob that came in several parts takes a row for each. */
function blobRows({ name, size, parts, ms }: BlobRecord): string[][] {
  const speed = ms < TIMED_MS ? ["", ""] : [formatMs(ms), formatSpeed(size, ms)];
  const sources = parts.length === 0 ? ["not asked for"] : parts.map((part) => formatPart(part, parts.length > 1));
  return sources.map((source, index) =>
    index === 0 ? [name.padEnd(8), formatBytes(size), ...speed, ` ${source}`] : ["", "", "", "", ` ${source}`]
  );
}

function formatPart({ source, start, end }: BlobPart, withBytes: boolean): string {
  return withBytes ? `${source}, ${(start / MIB).toFixed(1)} – ${(end / MIB).toFixed(1)} MiB` : source;
}
