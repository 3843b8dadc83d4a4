import { peerIdFromString } from "@libp2p/peer-id";
import { closest } from "../../../src/routing/closest.ts";
import { REPLICATION } from "../../../src/routing/dht/constants.ts";
import { contentId, kadIdOf } from "../../../src/routing/dht/content_id.ts";

/** Returns whether a node, given by its peer id, is one of those that hold the record of a key, or may be. */
export function isHolder(id: string, ids: readonly string[], key: string): boolean {
  const placed = ids.map((id) => ({ id, kadId: kadIdOf(peerIdFromString(id).toMultihash().bytes) }));
  // The announcer is among the nodes, but holds no record of its own: the next one takes its place.
  return closest(contentId(key).kadId, placed, REPLICATION + 1).some((place) => place.id === id);
}
