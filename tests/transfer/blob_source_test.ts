import assert from "@std/assert";
import { DirectClient } from "../../src/http/direct_client.ts";
import { PeerClient } from "../../src/trust/peer_client.ts";
import { openBlobSource } from "../../src/transfer/blob_source.ts";
import { serve } from "./behaviours.ts";
import { FaultyPeer } from "./faulty_peer.ts";
import { BLOB, CONTENT } from "./relay_fixture.ts";

const size = CONTENT.length;
const signal = new AbortController().signal;

for (const [start, end, range] of [[0, size - 1, undefined], [5, size - 1, "bytes=5-"], [5, 9, "bytes=5-9"]] as const) {
  for (const flight of [false, true]) {
    Deno.test(`openBlobSource() asks for bytes ${start}-${end}${flight ? ", also of a download" : ""}`, async () => {
      await using peer = await FaultyPeer.start(CONTENT, serve());
      using http = new DirectClient();
      const there = { id: "peer", host: peer.host };
      const reader = await openBlobSource(new PeerClient({ http }), there, BLOB, { start, end, size, flight, signal });
      const { value } = await reader.read(new Uint8Array(1));
      assert.deepEqual(value, CONTENT.slice(start, start + 1));
      const headers = peer.requests[0]?.headers;
      assert.deepEqual([headers?.range, headers?.["x-peili-flight"]], [range, flight ? "1" : undefined]);
      await reader.cancel();
    });
  }
}
