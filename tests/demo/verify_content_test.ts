import assert from "@std/assert";
import { verifyContent } from "../../demo/verify_content.ts";
import { type Digest, digestOf, splitDigest } from "../../src/oci/digest.ts";

Deno.test("verifyContent() tells blobs that are right from those that are short, wrong or missing", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const bytes = new TextEncoder().encode("content");
    const digest = await digestOf(bytes);
    const node = { name: "node 1", blobPath: (wanted: Digest) => `${dir}/${splitDigest(wanted).hex}` };
    const blob = { name: "layer 1", digest, size: bytes.length };
    assert.deepEqual(await verifyContent(node, [blob]), ["layer 1 is not on the disk of node 1"]);
    await Deno.writeFile(node.blobPath(digest), bytes);
    assert.deepEqual(await verifyContent(node, [blob]), []);
    assert.deepEqual(await verifyContent(node, [{ ...blob, size: 8 }]), ["layer 1 has 7 bytes and not 8"]);
    await Deno.writeTextFile(node.blobPath(digest), "CONTENT");
    assert.equal((await verifyContent(node, [blob])).length, 1);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
