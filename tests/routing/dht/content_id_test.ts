import assert from "@std/assert";
import { contentId, createCid, kadIdOf } from "../../../src/routing/dht/content_id.ts";

Deno.test("createCid() makes the CID that Spegel makes", () => {
  assert.equal(createCid("foobar").toString(), "bafkreigdvoh7cnza5cwzar65hfdgwpejotszfqx2ha6uuolaofgk54ge6i");
});

Deno.test("contentId() takes the multihash of that CID, and its SHA-256 for the place", () => {
  const { multihash, kadId } = contentId("foobar");
  assert.deepEqual(multihash, createCid("foobar").multihash.bytes);
  assert.deepEqual(multihash.toHex().slice(0, 12), "1220c3ab8ff1");
  assert.deepEqual(kadId, kadIdOf(multihash));
  assert.equal(kadId.length, 32);
});
