import "./warm_up.ts";
import assert from "@std/assert";
import { peerIdFromString } from "@libp2p/peer-id";
import { multiaddr } from "@multiformats/multiaddr";
import { createNoBootstrapper } from "../../../src/bootstrap/none.ts";
import { createDhtHost, stopHost } from "../../../src/routing/dht/dht_host.ts";
import { loadIdentity } from "../../../src/routing/dht/identity.ts";
import { openDhtRouter } from "../../../src/routing/dht/open_dht_router.ts";
import { OwnAddresses } from "../../../src/routing/dht/own_addresses.ts";
import { PeerBook } from "../../../src/routing/dht/peer_book.ts";
import { Upkeep } from "../../../src/routing/dht/upkeep.ts";
import { peersOf } from "./loopback_network.ts";
import { until } from "../../support/until.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };

/** A host with what keeps it up, but without the parts that hear what other nodes are. */
async function startHost() {
  const clock = { nowMs: Date.now() };
  const own = new OwnAddresses(LOOPBACK);
  const host = await createDhtHost({ privateKey: await loadIdentity(), listen: ["/ip4/127.0.0.1/tcp/0"], own });
  await host.start();
  const book = new PeerBook({ allowLoopback: true, now: () => clock.nowMs });
  const upkeep = new Upkeep({ host, book }, { intervalMs: 20 });
  return {
    host,
    book,
    clock,
    async [Symbol.asyncDispose]() {
      upkeep[Symbol.dispose]();
      await stopHost(host);
    },
  };
}

Deno.test("Upkeep has every connection identified of which nobody has taken note", async () => {
  await using router = await openDhtRouter({ bootstrapper: createNoBootstrapper() }, {
    listen: LOOPBACK,
    registryPort: 7000,
  });
  await using made = await startHost();
  const { host } = made;
  let identified = 0;
  host.addEventListener("peer:identify", () => identified++);
  await host.dial(peersOf(router).map((peer) => multiaddr(peer)));
  await until("it to be identified again, as nobody here takes note of it", () => identified >= 2);
});

Deno.test("Upkeep forgets the peers of long ago", async () => {
  await using made = await startHost();
  const { book, clock, host } = made;
  const peerId = peerIdFromString("12D3KooWNi7fYqhBmDT4RbiHVmYvX9GwKnHQjELrduxfAFARSxbP");
  await host.peerStore.merge(peerId, { multiaddrs: [multiaddr("/ip4/127.0.0.2/tcp/9")] });
  const peer = book.meet(peerId);
  book.tell(peer, [multiaddr("/ip4/127.0.0.2/tcp/9").bytes]);
  clock.nowMs += 2 * 3_600_000;
  await until("the book and libp2p to forget it", async () => !book.get(peer.key) && !await host.peerStore.has(peerId));
  assert.equal(book.get(peer.key), undefined);
});
