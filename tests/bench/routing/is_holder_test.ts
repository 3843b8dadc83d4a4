import assert from "@std/assert";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { REPLICATION } from "../../../src/routing/dht/constants.ts";
import { isHolder } from "./is_holder.ts";

Deno.test("isHolder() names as many nodes as hold a record, and the one that may stand in", async () => {
  const keys = await Promise.all(Array.from({ length: 30 }, () => generateKeyPair("Ed25519")));
  const ids = keys.map((key) => peerIdFromPrivateKey(key).toString());
  assert.equal(ids.filter((id) => isHolder(id, ids, "key")).length, REPLICATION + 1);
  assert.equal(ids.slice(0, 5).filter((id) => isHolder(id, ids.slice(0, 5), "key")).length, 5);
});
