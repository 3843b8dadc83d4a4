import assert from "@std/assert";
import { OwnAddresses } from "../../../src/routing/dht/own_addresses.ts";
import { PeerBook } from "../../../src/routing/dht/peer_book.ts";
import { ProviderHosts } from "../../../src/routing/dht/provider_hosts.ts";
import { addrBytes, randomPeerId } from "./known_peer.ts";

const OWN_IP = "10.0.0.1";
const REGISTRY_PORT = 5000;
const hosts = new ProviderHosts(new OwnAddresses({ hostname: OWN_IP, port: 5001 }), REGISTRY_PORT);

async function peerWith(addrs: readonly string[]) {
  const book = new PeerBook({ allowLoopback: false });
  const peer = book.meet(await randomPeerId());
  book.tell(peer, addrs.map(addrBytes));
  return { book, peer };
}

Deno.test("ProviderHosts assumes its own port for nodes that do not tell theirs", async () => {
  const { peer } = await peerWith(["/ip4/10.0.0.2/tcp/5001", "/ip6/fd00::2/tcp/5001"]);
  assert.deepEqual(hosts.of(peer), ["10.0.0.2:5000", "[fd00::2]:5000"]);
});

Deno.test("ProviderHosts takes the port that a Peili node has told", async () => {
  const { peer } = await peerWith(["/ip4/10.0.0.2/tcp/5001"]);
  peer.info = { port: 6000, zone: "", load: 0, protocols: [] };
  assert.deepEqual(hosts.of(peer), ["10.0.0.2:6000"]);
});

Deno.test("ProviderHosts puts the address first at which this node has reached the other", async () => {
  const { book, peer } = await peerWith(["/ip4/172.17.0.1/tcp/5001", "/ip4/10.0.0.2/tcp/5001"]);
  book.connected(peer, { ip: "10.0.0.2", outbound: true });
  assert.deepEqual(hosts.of(peer), ["10.0.0.2:5000", "172.17.0.1:5000"]);
  book.connected(peer, { ip: "192.168.9.9", outbound: true });
  assert.deepEqual(hosts.of(peer)[0], "192.168.9.9:5000");
});

Deno.test("ProviderHosts does not take a gateway for the node that came through it", async () => {
  const { book, peer } = await peerWith(["/ip4/10.0.0.2/tcp/5001"]);
  book.connected(peer, { ip: "192.168.9.9", outbound: false });
  assert.deepEqual(hosts.of(peer), ["10.0.0.2:5000"]);
  book.connected(peer, { ip: "10.0.0.2", outbound: false });
  assert.deepEqual(hosts.of(peer), ["10.0.0.2:5000"]);
});

Deno.test("ProviderHosts leaves out what leads back to this node, but not another node of its machine", async () => {
  const { peer } = await peerWith([`/ip4/${OWN_IP}/tcp/5001`, "/ip4/10.0.0.2/tcp/5001"]);
  assert.deepEqual(hosts.of(peer), ["10.0.0.2:5000"]);
  peer.info = { port: 6000, zone: "", load: 0, protocols: [] };
  assert.deepEqual(hosts.of(peer), [`${OWN_IP}:6000`, "10.0.0.2:6000"]);
});
