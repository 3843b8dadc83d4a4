import type { Digest } from "../oci/digest.ts";
import type { DistributionPath } from "../oci/distribution_path.ts";

/** A blob that is named by its digest. */
export type BlobPath = DistributionPath & { digest: Digest };
