import { createHash } from "node:crypto";
import type { Digest } from "../oci/digest.ts";

/** What a flight is about. */
export interface FlightSubject {
  /** The content. */
  digest: Digest;
  /**
   * The repository that it is wanted from, with its registry. Only nodes that want it from the same one fly together: a
   * node that may read one repository must not get from another node what only that one may read. @default any
   */
  repository?: string;
}

/**
 * Returns what a flight is named by among its members: the digest of the content, or of both names together.
 *
 * Both have the form of a digest, and so a place among those that coordinate.
 */
export function flightId({ digest, repository }: FlightSubject): Digest {
  if (repository === undefined) return digest;
  return `sha256:${createHash("sha256").update(`${repository}@${digest}`).digest("hex")}`;
}
