import assert from "@std/assert";
import { SECOND_MS } from "../../src/core/units.ts";
import type { NetworkNode } from "../support/network/network_node.ts";
import { contentKeys } from "../support/routing/content_keys.ts";
import { HostedRouter } from "../support/routing/hosted_router.ts";
import { RouterHost } from "../support/routing/router_host.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";
import { ClusterRegistry } from "./cluster_registry.ts";
import { CLUSTER_NAME, DnsCluster } from "./dns_cluster.ts";
import type { NameState } from "./name_server.ts";

/** How long a node may take until it answers, in milliseconds: others start at the same moment on this machine. */
const READY_TIMEOUT_MS = 20 * SECOND_MS;
/** How long nodes may take to find each other once that is possible: the longest pause between attempts, and some. */
const JOIN_TIMEOUT_MS = 30 * SECOND_MS;
/** In this time a node tries several times, in milliseconds. */
const SEVERAL_ATTEMPTS_MS = 500;
/** The port of libp2p, the same on all nodes, as a name tells none. */
const PORT = 5001;

/** Why the tests are left out, if they are. */
const ignore = Deno.uid() !== 0;
if (ignore) console.log("the tests of the start order are left out: network namespaces need root");

Deno.test(
  { name: "nodes that start all at once with only a name find each other and their content", ignore },
  async () => {
    await using dir = await tempDir();
    await using cluster = await DnsCluster.create();
    const places = await cluster.addPlaces(6);
    cluster.names.state = addressesOf(places);
    await using parts = new AsyncDisposableStack();
    const nodes = await Promise.all(
      places.map(async (place) => parts.use(await ClusterRegistry.start(place, dir.path))),
    );
    await Promise.all(
      nodes.map((node) => until("it to be ready", () => node.readiness(), { timeoutMs: READY_TIMEOUT_MS })),
    );
    for (const node of nodes) {
      const knowsAll = async () => (await node.readiness()).peers === places.length - 1;
      await until("it to know all others", knowsAll, { timeoutMs: JOIN_TIMEOUT_MS });
    }
    const [first, last] = [nodes[0]!, nodes.at(-1)!];
    await until("the first node's image at the last one", () => last.get(first.manifestPath));
    await until("the last node's image at the first one", () => first.get(last.manifestPath));
  },
);

Deno.test(
  { name: "a node alone is ready but degraded, serves its own content, and joins the second one", ignore },
  async () => {
    await using dir = await tempDir();
    await using cluster = await DnsCluster.create();
    const [place, secondPlace] = await cluster.addPlaces(2) as [NetworkNode, NetworkNode];
    cluster.names.state = addressesOf([place]);
    await using node = await ClusterRegistry.start(place, dir.path);
    const alone = await until("it to be ready", () => node.readiness(), { timeoutMs: READY_TIMEOUT_MS });
    assert.deepEqual(alone, { status: "degraded", peers: 0 });
    assert.match(await node.get(node.manifestPath), /"layers"/);
    cluster.names.state = addressesOf([place, secondPlace]);
    await using second = await ClusterRegistry.start(secondPlace, dir.path);
    await until("both to be ready", async () => {
      const states = await Promise.all([node.readiness(), second.readiness()]);
      return states.every(({ status, peers }) => status === "ready" && peers === 1);
    }, { timeoutMs: JOIN_TIMEOUT_MS });
    await until("its image at the second one", () => second.get(node.manifestPath));
  },
);

/** What the name means at first, to two nodes that have nothing else. */
const BAD_NAMES: Record<string, (places: NetworkNode[], dead: string) => NameState> = {
  "does not exist": () => ({ kind: "unknown" }),
  "has no addresses": () => ({ kind: "addresses", addresses: [] }),
  "cannot be resolved": () => ({ kind: "failing" }),
  "is never answered": () => ({ kind: "silent" }),
  "means the node itself": ([first]) => addressesOf(first ? [first] : []),
  "means machines that are not there": (_, dead) => ({ kind: "addresses", addresses: [dead] }),
  "means machines without a node": ([, , other]) => addressesOf(other ? [other] : []),
};

Deno.test({ name: "a node whose name is of no use stays degraded, and joins when it is", ignore }, async (t) => {
  await using cluster = await DnsCluster.create();
  const places = await cluster.addPlaces(3);
  const [one, two] = places as [NetworkNode, NetworkNode];
  await using hosts = new AsyncDisposableStack();
  const hostOne = hosts.use(await RouterHost.start({ name: "one", netns: one.netns }));
  const hostTwo = hosts.use(await RouterHost.start({ name: "two", netns: two.netns }));
  for (const [what, stateOf] of Object.entries(BAD_NAMES)) {
    await t.step(`the name ${what}`, async () => {
      cluster.names.state = stateOf(places, cluster.deadAddress);
      const first = await open(hostOne, CLUSTER_NAME);
      const [key = ""] = contentKeys(what, 1);
      await first.announce([key]);
      await new Promise((resolve) => setTimeout(resolve, SEVERAL_ATTEMPTS_MS));
      const [outcome] = await first.lookup([key], { deadlineMs: SECOND_MS });
      assert.deepEqual(
        [outcome?.providers, outcome?.lateMs],
        [[], 0],
        "alone, nothing is found and nothing waited for",
      );
      assert.equal((await first.stats()).status, "degraded");
      // The second node tries nothing itself: the first one has to try again.
      const second = await open(hostTwo);
      cluster.names.state = addressesOf([one, two]);
      await Promise.all([first, second].map((node) => node.awaitPeers(1, JOIN_TIMEOUT_MS)));
      await until("what was announced alone", async () => {
        const [outcome] = await second.lookup([key], { deadlineMs: SECOND_MS });
        return outcome?.providers.some(({ id }) => id === first.id);
      });
      await second.stop();
      await first.stop();
    });
  }
});

Deno.test({ name: "nodes join by a name most of whose addresses are dead", ignore }, async () => {
  await using cluster = await DnsCluster.create();
  const places = await cluster.addPlaces(5);
  await using hosts = new AsyncDisposableStack();
  // The lowest addresses, which all nodes try first, have no node.
  const live = places.slice(3);
  cluster.names.state = addressesOf(places);
  const nodes = await Promise.all(live.map(async ({ name, netns }) => {
    return await open(hosts.use(await RouterHost.start({ name, netns })), CLUSTER_NAME);
  }));
  await Promise.all(nodes.map((node) => node.awaitPeers(1, JOIN_TIMEOUT_MS)));
});

function addressesOf(places: readonly NetworkNode[]): NameState {
  return { kind: "addresses", addresses: places.map(({ address }) => address) };
}

async function open(host: RouterHost, domain?: string): Promise<HostedRouter> {
  const bootstrap = domain === undefined ? undefined : { kind: "dns", domain } as const;
  return await HostedRouter.open(host, { port: PORT, registryPort: 5000, bootstrap });
}
