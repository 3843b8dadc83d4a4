import type { Digest } from "../../src/oci/digest.ts";
import type { Claim } from "../../src/flight/wire/flight_message.ts";

/** Some content. */
export const DIGEST: Digest = `sha256:${"ab".repeat(32)}`;

/** Makes a claim of a client's request, with what differs from one. */
export function claimOf(differences: Partial<Claim> = {}): Claim {
  return {
    digest: DIGEST,
    join: false,
    role: "follow",
    state: "queued",
    offset: 0,
    total: 100,
    epoch: 0,
    parent: undefined,
    failures: [],
    share: true,
    zone: "",
    hosts: ["127.0.0.1:5000"],
    origin: undefined,
    ...differences,
  };
}
