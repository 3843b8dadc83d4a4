import { openIfThere } from "../src/store/open_if_there.ts";
import { createHash } from "node:crypto";
import type { NamedBlob } from "./image.ts";
import type { DemoNode } from "./world.ts";

/**
 * Reads everything back from a node's disk, and compares sizes and digests.
 *
 * @returns What is wrong, one line each.
 */
export async function verifyContent(
  node: Pick<DemoNode, "name" | "blobPath">,
  content: readonly NamedBlob[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const { name, digest, size } of content) {
    const hash = createHash("sha256");
    let bytes = 0;
    const file = await openIfThere(node.blobPath(digest));
    if (!file) {
      wrong.push(`${name} is not on the disk of ${node.name}`);
      continue;
    }
    for await (const chunk of file.readable) {
      hash.update(chunk);
      bytes += chunk.byteLength;
    }
    const found = `sha256:${hash.digest("hex")}`;
    if (bytes !== size) wrong.push(`${name} has ${bytes} bytes and not ${size}`);
    if (found !== digest) wrong.push(`${name} is ${found} and not ${digest}`);
  }
  return wrong;
}
