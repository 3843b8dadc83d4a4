import "./warm_up.ts";
import assert from "@std/assert";
import { multiaddr } from "@multiformats/multiaddr";
import { createNoBootstrapper } from "../../../src/bootstrap/none.ts";
import { createDhtHost, stopHost } from "../../../src/routing/dht/dht_host.ts";
import { Greeter } from "../../../src/routing/dht/greeter.ts";
import { loadIdentity } from "../../../src/routing/dht/identity.ts";
import { decodeMemberRecord, recordSigner } from "../../../src/routing/dht/member_record.ts";
import { openDhtRouter } from "../../../src/routing/dht/open_dht_router.ts";
import { OwnAddresses } from "../../../src/routing/dht/own_addresses.ts";
import { PeerBook } from "../../../src/routing/dht/peer_book.ts";
import { until } from "../../support/until.ts";
import { peersOf } from "./loopback_network.ts";
import { makeRecord } from "./member_fixture.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };

/** A host that learns what nodes are, and takes note of whom it had identified and whom it has met. */
async function startHost() {
  const own = new OwnAddresses(LOOPBACK);
  const privateKey = await loadIdentity();
  const host = await createDhtHost({ privateKey, listen: ["/ip4/127.0.0.1/tcp/0"], own });
  const book = new PeerBook({ allowLoopback: true });
  const counts = { identified: 0, met: 0 };
  host.addEventListener("peer:identify", () => counts.identified++);
  const greeter = new Greeter({
    host,
    book,
    self: () => ({ record: recordSigner(privateKey)(makeRecord(host.peerId)), withdrawn: [], restored: [] }),
    heard({ record: signed }, peer) {
      const { record } = decodeMemberRecord(signed);
      peer.membership = { signed, seq: record.seq, startedMs: record.startedMs, madeMs: Date.now() };
      peer.info = record;
    },
    onMet: () => counts.met++,
  });
  await greeter.start();
  host.addEventListener("peer:disconnect", ({ detail }) => book.disconnected(book.meet(detail)));
  await host.start();
  return {
    host,
    book,
    counts,
    async [Symbol.asyncDispose]() {
      greeter[Symbol.dispose]();
      await stopHost(host);
    },
  };
}

Deno.test("Greeter asks a stranger what it is, and a member whose record is known nothing at all", async () => {
  await using router = await openDhtRouter({ bootstrapper: createNoBootstrapper() }, {
    listen: LOOPBACK,
    registryPort: 7123,
  });
  await using made = await startHost();
  const { host, book, counts } = made;
  const addrs = peersOf(router).map((peer) => multiaddr(peer));
  const connection = await host.dial(addrs);
  await until("the stranger to be met", () => counts.met === 1);
  assert.equal(counts.identified, 1);
  assert.equal(book.find(router.id)?.info?.port, 7123);

  await connection.close();
  await until("the connection to be gone", () => book.find(router.id)?.connected === false);
  await host.dial(addrs);
  await until("the member to be met again", () => counts.met === 2);
  assert.equal(counts.identified, 1, "without a question");
  assert.equal(book.find(router.id)?.connected, true);
});
