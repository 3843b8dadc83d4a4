import type { ContentRouter } from "../../../src/routing/router.ts";
import type { HostedStats } from "./host_calls.ts";

/** A node that a host holds. */
export interface HostedNode {
  /** Its router; disposing of it stops the node. */
  readonly router: ContentRouter;
  /** What it announces, as multiaddrs with the peer id. */
  peers(): string[];
  /** Its figures. */
  stats(): HostedStats;
  /** Tells that fetching a key from a provider has failed. Not there if nobody can be told. */
  failed?(provider: string, key: string): void;
}
