import assert from "@std/assert";
import { Gossip } from "../../../src/routing/dht/gossip.ts";
import { decodeGossip, encodeGossip, SILENCE } from "../../../src/routing/dht/gossip_message.ts";
import type { KnownPeer } from "../../../src/routing/dht/peer_book.ts";
import { until } from "../../support/until.ts";
import { makeMember, makeRoster, type TestMember } from "./member_fixture.ts";

/** A node with gossip that is asked by function calls. */
class GossipNode implements Disposable {
  readonly gossip: Gossip;
  messages = 0;
  bytes = 0;
  readonly peers = new Map<KnownPeer, GossipNode>();
  readonly made: Awaited<ReturnType<typeof makeRoster>>;

  private constructor(made: Awaited<ReturnType<typeof makeRoster>>) {
    this.made = made;
    this.gossip = new Gossip({
      roster: made.roster,
      ask: async (peer, message) => {
        const answer = await this.peers.get(peer)!.gossip.answer(message, "a member");
        this.messages++;
        this.bytes += message.length + answer.length;
        return answer;
      },
      mayClose: () => true,
    }, { roundMs: 5, compareMs: 60_000 });
  }

  static async make(): Promise<GossipNode> {
    const made = await makeRoster();
    const node = new GossipNode(made);
    made.told.push = (text) => {
      if (text === "own record") node.gossip.tellRecord(made.roster.digest()[0]!.shortId);
      const known = [...made.roster.members()].find(({ id }) => text === `record ${id}`);
      if (known) node.gossip.tellRecord(known.shortId);
      return 0;
    };
    return node;
  }

  /** Has this node know another one, and be connected to it. */
  connect(other: GossipNode): void {
    const peer = this.made.roster.take({ signed: other.made.own.signed, ageMs: 0 })!;
    this.made.book.connected(peer, undefined);
    peer.met = true;
    this.peers.set(peer, other);
  }

  get size(): number {
    return [...this.made.roster.members()].length;
  }

  [Symbol.dispose](): void {
    this.gossip[Symbol.dispose]();
  }
}

async function members(count: number): Promise<TestMember[]> {
  return await Promise.all(Array.from({ length: count }, makeMember));
}

Deno.test("two nodes that compare know the same members after that, however many", async () => {
  using first = await GossipNode.make();
  using second = await GossipNode.make();
  first.connect(second);
  for (const member of await members(300)) first.made.roster.take(member.record());
  for (const member of await members(150)) second.made.roster.take(member.record());
  await first.gossip.compare([...first.peers.keys()][0]!);
  assert.deepEqual([first.size, second.size], [451, 451]);
});

Deno.test("nodes of which each knows a few of 500 members all know all of them after comparing in pairs a few times", async () => {
  using stack = new DisposableStack();
  const nodes = await Promise.all(Array.from({ length: 20 }, async () => stack.use(await GossipNode.make())));
  for (const node of nodes) {
    node.made.told.push = () => 0; // nothing is passed on as news
    for (const member of await members(24)) node.made.roster.take(member.record());
  }
  for (const [at, node] of nodes.entries()) node.connect(nodes[(at + 7) % nodes.length]!);
  for (let round = 0; round < 12; round++) {
    for (const node of nodes) await node.gossip.compare([...node.peers.keys()][0]!);
  }
  const digests = nodes.map(({ made }) => made.roster.digest().map(({ shortId, seq }) => `${shortId} ${seq}`).sort());
  assert.equal(digests[0]?.length, nodes.length * 25);
  for (const digest of digests) assert.deepEqual(digest, digests[0]);
});

Deno.test("comparing costs next to nothing where there is nothing new", async () => {
  using first = await GossipNode.make();
  using second = await GossipNode.make();
  first.connect(second);
  for (const member of await members(100)) first.made.roster.take(member.record());
  const [peer] = first.peers.keys();
  await first.gossip.compare(peer!);
  [first.messages, first.bytes] = [0, 0];
  await first.gossip.compare(peer!);
  assert.equal(first.messages, 1);
  assert.ok(first.bytes < 100, `${first.bytes} bytes`);
});

Deno.test("news go round a ring of nodes, each of which passes them on", async () => {
  using stack = new DisposableStack();
  const nodes = await Promise.all(Array.from({ length: 12 }, async () => stack.use(await GossipNode.make())));
  for (const [at, node] of nodes.entries()) node.connect(nodes[(at + 1) % nodes.length]!);
  const member = await makeMember();
  nodes[0]!.made.roster.take(member.record());
  await until("everybody to know", () => nodes.every(({ made }) => made.book.find(member.id.toString())));
});

Deno.test("a node that does not stop passing on has its news bounded", async () => {
  using first = await GossipNode.make();
  using second = await GossipNode.make();
  first.connect(second);
  for (const member of await members(20)) first.made.roster.take(member.record());
  await until("it to be told", () => second.size >= 20);
  const { messages } = first;
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.ok(first.messages - messages <= 4, "each piece of news is told a few times");
});

Deno.test("Gossip.answer() tells its digest only where the sums differ, and throws SyntaxError on a malformed message", async () => {
  using node = await GossipNode.make();
  const different = encodeGossip({ ...SILENCE, sum: new Uint8Array(16) });
  assert.equal(decodeGossip(await node.gossip.answer(different, "a member")).digest?.length, 1);
  assert.equal(decodeGossip(await node.gossip.answer(new Uint8Array(), "a member")).digest, undefined);
  await assert.rejects(node.gossip.answer(Uint8Array.of(0xff), "a member"), SyntaxError);
});
