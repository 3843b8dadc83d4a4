import assert from "@std/assert";
import { AnnouncementEncoder } from "../../../src/routing/dht/announcement_encoder.ts";
import { contentId } from "../../../src/routing/dht/content_id.ts";
import { encodeKadMessage, KAD_MESSAGE_TYPES } from "../../../src/routing/dht/kad_message.ts";
import { addrBytes } from "./known_peer.ts";

const ID = Uint8Array.of(1, 2, 3);

Deno.test("AnnouncementEncoder.encode() writes what is written for each key by itself, with the addresses of now", () => {
  let addrs = [addrBytes("/ip4/10.0.0.1/tcp/5001")];
  const encoder = new AnnouncementEncoder(() => ({ id: ID, addrs }));
  const keys = ["one", "two", "three"].map((key) => contentId(key).multihash);
  const expected = (key: Uint8Array) =>
    encodeKadMessage({ type: KAD_MESSAGE_TYPES.addProvider, key, providers: [{ id: ID, addrs }] });
  const made = keys.map((key) => encoder.encode(key));
  assert.deepEqual(made, keys.map(expected));
  addrs = [addrBytes("/ip4/10.0.0.2/tcp/5001"), addrBytes("/ip6/fd00::2/tcp/5001")];
  assert.deepEqual(keys.map((key) => encoder.encode(key)), keys.map(expected));
  const short = Uint8Array.of(0x12, 1, 7);
  assert.deepEqual(encoder.encode(short), expected(short), "a key of another length");
});
