import type { BuiltImage } from "../tests/support/image/build_image.ts";
import { fromOthers } from "./counters.ts";
import type { PlayedPull } from "./play_pulls.ts";
import { formatBytes, formatCopies, formatMs, formatSpeed } from "./screen/format.ts";
import type { Screen } from "./screen/screen.ts";
import { tableLines } from "./screen/table.ts";

const HEADER = ["", "time", "speed", "upstream", "peers", "local"];

/** Writes the closing table and what upstream was saved. */
export function printReport(screen: Screen, pulls: readonly PlayedPull[], { totalBytes }: BuiltImage): void {
  const { bold, dim, good, bad } = screen.style;
  const [header = "", ...rows] = tableLines([HEADER, ...pulls.map((pull, index) => row(pull, index + 1, totalBytes))]);
  screen.print(`\n  ${dim(header)}`);
  for (const line of rows) screen.print(`  ${line}`);

  const served = pulls.reduce((sum, { upstreamBytes }) => sum + upstreamBytes, 0);
  const wanted = pulls.length * totalBytes;
  const stopped = pulls.filter(({ upstreamUp }) => !upstreamUp).length;
  screen.print();
  screen.print(`  Upstream served ${formatBytes(served)}: ${bold(formatCopies(served / totalBytes))} of the image.`);
  const failed = stopped > 0 ? `; ${stopped} of the pulls would have failed` : "";
  screen.print(`  Without a mirror: ${formatCopies(wanted / totalBytes)}, ${formatBytes(wanted)}${failed}.`);
  screen.print(`  Saved: ${bold(`${formatBytes(wanted - served)}, ${Math.floor(100 * (1 - served / wanted))} %`)}.`);

  const unmet = pulls.flatMap((pull, index) => pull.unmet.map((problem) => `Pull ${index + 1}: ${problem}`));
  screen.print();
  for (const problem of unmet) screen.print(`  ${bad("✗")} ${problem}`);
  if (unmet.length === 0) screen.print(`  ${good("✓")} All of it is as it should be.`);
}

function row(pull: PlayedPull, number: number, totalBytes: number): string[] {
  return [
    `${number}  ${pull.title}`,
    formatMs(pull.ms),
    formatSpeed(totalBytes, pull.ms),
    pull.upstreamUp ? formatBytes(pull.upstreamBytes) : "stopped",
    formatBytes(fromOthers(pull.counters)),
    formatBytes(pull.counters.local),
  ];
}
