import type { CallOptions } from "../../core/call_options.ts";
import { errorMessage } from "../../core/errors.ts";
import type { ListenAddress } from "../../core/listen_address.ts";
import type { NodeStatus, PeerCheck } from "../../status/node_status.ts";
import { findNode, type NodeClient } from "../../status/node_client.ts";

/** What the running node tells, or why it does not. */
export type NodeFacts =
  | { state: "silent"; problem: string }
  | {
    state: "answers";
    status: NodeStatus;
    /** What it found when it asked other nodes. */
    peerChecks: readonly PeerCheck[];
    /** Why it could not ask them. */
    peerProblem?: string;
    /** Asks it again. */
    client: NodeClient;
  };

/**
 * Asks the running node.
 *
 * @param owned Takes over the connection.
 */
export async function askNode(
  address: ListenAddress,
  owned: DisposableStack,
  options: CallOptions = {},
): Promise<NodeFacts> {
  try {
    const client = owned.use(await findNode(address, options));
    const [status, peers] = await Promise.all([
      client.status(options),
      client.checkPeers(options).catch((reason) => ({ checks: [], problem: errorMessage(reason) })),
    ]);
    const problem = "problem" in peers ? { peerProblem: peers.problem } : {};
    return { state: "answers", status, peerChecks: peers.checks, ...problem, client };
  } catch (reason) {
    options.signal?.throwIfAborted();
    return { state: "silent", problem: errorMessage(reason) };
  }
}
