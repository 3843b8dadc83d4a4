import assert from "@std/assert";
import { isCloser } from "../../../src/routing/closest.ts";
import { bytesKey } from "../../../src/routing/dht/bytes_key.ts";
import { contentId, kadIdOf } from "../../../src/routing/dht/content_id.ts";
import { Lookups } from "../../../src/routing/dht/lookups.ts";
import { PeerBook } from "../../../src/routing/dht/peer_book.ts";
import { RecordStore } from "../../../src/routing/dht/record_store.ts";
import { addPeer } from "./known_peer.ts";

const KEY = "key";
const { kadId, multihash } = contentId(KEY);

/** Finds an id of a node that is closer to the content than all others, or farther. */
function idThat(isWanted: (place: Uint8Array) => boolean): Uint8Array {
  for (let number = 0;; number++) {
    const idBytes = Uint8Array.of(number >> 16, number >> 8, number);
    if (isWanted(kadIdOf(idBytes))) return idBytes;
  }
}

/** Lookups of a node that holds the record of what one of thirty peers has, none of which answers. */
async function makeLookups({ among }: { among: "the closest" | "the others" }) {
  const book = new PeerBook({ allowLoopback: false });
  for (let number = 0; number < 30; number++) await addPeer(book, number);
  const peers = book.closest(kadId, 30);
  const [nearest, farthest] = [peers[0]!, peers[29]!];
  const records = new RecordStore({ validityMs: 60_000 });
  records.put(bytesKey(multihash), farthest.key);
  const idBytes = among === "the closest"
    ? idThat((place) => isCloser(kadId, place, nearest.kadId))
    : idThat((place) => isCloser(kadId, farthest.kadId, place));
  const lookups = new Lookups({
    self: { idBytes, addrs: () => [], provides: () => false },
    book,
    records,
    client: { request: () => Promise.reject(new Error("nobody answers")) },
    hosts: { of: () => ["10.0.0.1:5000"] },
    introductions: { discover: () => undefined, introduce: () => Promise.reject(new Error("nobody answers")) },
    withdrawn: new RecordStore({ validityMs: 60_000 }),
  });
  return {
    provider: farthest,
    found: async () => (await Array.fromAsync(lookups.lookup(KEY))).map(({ id }) => id),
    [Symbol.dispose]: () => lookups[Symbol.dispose](),
  };
}

Deno.test("a lookup finds what the records of this node say when it is among those that hold them", async () => {
  using made = await makeLookups({ among: "the closest" });
  assert.deepEqual(await made.found(), [made.provider.id]);
});

Deno.test("a lookup believes records of a time when this node was among the closest only of a connected provider", async () => {
  using made = await makeLookups({ among: "the others" });
  assert.deepEqual(await made.found(), [], "it would not hear of it when the provider has it no more");
  made.provider.connected = true;
  assert.deepEqual(await made.found(), [made.provider.id]);
});
