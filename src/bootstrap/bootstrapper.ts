/**
 * The port of bootstrap: where a node finds the first peers.
 *
 * @module
 */
import type { CallOptions } from "../core/call_options.ts";

/** A node that may be there. */
export interface BootstrapCandidate {
  /** Its libp2p peer id, where it is known before the connection. */
  id?: string;
  /**
   * Its addresses as multiaddrs without the peer id, such as `/ip4/10.0.0.7/tcp/5001`. An address without a port means
   * the port that this node listens on itself.
   */
  addrs: readonly string[];
}

/** Finds the first peers. */
export interface Bootstrapper {
  /** What kind it is, for logs. */
  readonly name: string;
  /**
   * Asks once. An empty answer is no error: the caller asks again after a while.
   *
   * @throws a single error that says what could not be asked.
   */
  candidates(options?: CallOptions): Promise<readonly BootstrapCandidate[]>;
}
