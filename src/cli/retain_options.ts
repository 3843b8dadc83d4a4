import type { Option } from "commander";
import { parseByteSize } from "../core/byte_size.ts";
import { parsePercent } from "../core/percent.ts";
import { HOUR_MS } from "../core/units.ts";
import { RETAIN_LIMIT_BYTES, RETAIN_MIN_FREE_PERCENT } from "../node/open_retention.ts";
import { option } from "./option.ts";
import { durationOrOff } from "./values.ts";

/** The longest time for which layers are kept, in milliseconds. */
const RETAIN_MAX_MS = 366 * 24 * HOUR_MS;

/** Makes the options of keeping layers for other nodes. */
export function retainOptions(): Option[] {
  return [
    option(
      "--retain-layers <duration>",
      "how long layers are kept for other nodes that containerd would discard (0: not at all)",
      durationOrOff(RETAIN_MAX_MS),
    ).default(0, "0"),
    option("--retain-limit <size>", "how much --retain-layers keeps at most", parsePositiveSize)
      .default(RETAIN_LIMIT_BYTES, "20GiB"),
    option("--retain-min-free <percent>", "how much of the file system --retain-layers leaves free", parsePercent)
      .default(RETAIN_MIN_FREE_PERCENT, "20%"),
  ];
}

/** @throws {SyntaxError | RangeError} If the text is no size above 0. */
function parsePositiveSize(text: string): number {
  const bytes = parseByteSize(text);
  if (bytes > 0) return bytes;
  throw new RangeError(`Cannot keep up to "${text}": expected more than 0`);
}
