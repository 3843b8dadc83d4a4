import assert from "@std/assert";
import type { ClusterNode } from "../../integration/harness/cluster_node.ts";
import type { BuiltImage } from "../../support/image/build_image.ts";
import { runCommand } from "../../support/run_command.ts";

/**
 * Hashes what nodes have on their disks of an image.
 *
 * @throws {AssertionError} If a blob is wrong.
 * @throws {Error} If one is missing.
 */
export async function assertContent(nodes: readonly ClusterNode[], image: BuiltImage): Promise<void> {
  for (const { containerd, network } of nodes) {
    const paths = image.content.map(({ digest }) => `${containerd.contentPath}/blobs/${digest.replace(":", "/")}`);
    const lines = (await runCommand("sha256sum", paths)).trim().split("\n");
    const found = lines.map((line) => `sha256:${line.split(" ")[0]}`);
    assert.deepEqual(found, image.content.map(({ digest }) => digest), `on ${network.name}`);
  }
}
