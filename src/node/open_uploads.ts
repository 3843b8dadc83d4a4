import type { Metrics } from "../metrics/metrics.ts";
import { Uploads } from "../transfer/uploads.ts";
import type { NodeOptions } from "./options.ts";

/**
 * Bounds what other nodes are given as the options say.
 *
 * @throws {RangeError} If an option is out of range.
 */
export function openUploads({ maxUploads, uploadLimitBytesPerSecond }: NodeOptions, metrics: Metrics): Uploads {
  const uploads = new Uploads({ metrics }, { max: maxUploads, bytesPerSecond: uploadLimitBytesPerSecond });
  metrics.observe("peili_uploads", "Bodies that are being sent to other nodes.", () => uploads.count);
  return uploads;
}
