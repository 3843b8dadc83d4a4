import { runCommand } from "../run_command.ts";
import type { NetworkNode } from "./network_node.ts";

/** The nftables table that keeps one side from the other. */
const PARTITION_TABLE = "inet peili_partition";

/**
 * Splits a network in two: every packet between nodes of different sides is lost, and nobody is told.
 *
 * @returns What heals the network.
 */
export async function partitionNodes(
  one: readonly NetworkNode[],
  other: readonly NetworkNode[],
): Promise<AsyncDisposable> {
  await Promise.all([...one.map((node) => separate(node, other)), ...other.map((node) => separate(node, one))]);
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all([...one, ...other].map((node) => nft(node, `delete table ${PARTITION_TABLE}`)));
    },
  };
}

async function separate(node: NetworkNode, from: readonly NetworkNode[]): Promise<void> {
  const addresses = from.map(({ address }) => address).join(", ");
  // Dropped where it arrives: whoever sends is told nothing, as with a cable that is cut elsewhere.
  const chain = `chain input { type filter hook input priority 0; ip saddr { ${addresses} } drop; }`;
  await nft(node, `table ${PARTITION_TABLE} {\n${chain}\n}`);
}

async function nft({ netns }: NetworkNode, rules: string): Promise<void> {
  await runCommand("ip", ["netns", "exec", netns, "nft", "-f", "-"], { stdin: rules });
}
