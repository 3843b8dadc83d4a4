import type { Digest } from "../../src/oci/digest.ts";
import type { DistributionPath } from "../../src/oci/distribution_path.ts";

/** Names an object by a key that need be no digest, as nothing here reads it. */
export function objectPath(key: string, repository = "a"): DistributionPath {
  return { kind: "blobs", registry: "reg.example", repository, digest: key as Digest };
}
