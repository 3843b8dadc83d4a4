import { type BytesKey, bytesKey } from "./bytes_key.ts";
import { kadIdOf } from "./content_id.ts";
import { SHORT_ID_BYTES } from "./gossip_message.ts";

/** Returns what stands for a peer in gossip: the beginning of its place in the DHT's space. */
export function shortIdOf(idBytes: Uint8Array): BytesKey {
  return bytesKey(kadIdOf(idBytes).subarray(0, SHORT_ID_BYTES));
}
