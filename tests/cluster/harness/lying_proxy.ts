import type { Digest } from "../../../src/oci/digest.ts";
import type { ClusterNode } from "../../integration/harness/cluster_node.ts";
import { PEILI_PORTS } from "../../integration/harness/peili.ts";
import { spawnLogged } from "../../support/logged_process.ts";
import { runCommand } from "../../support/run_command.ts";
import type { Lie } from "./lies.ts";

/** A node that lies. Disposing of it makes it honest again. */
export interface Liar extends AsyncDisposable {
  /** Returns how often it was asked for a blob so far. */
  askedFor(digest: Digest): Promise<number>;
}

/** Where the proxy listens, in the network namespace of the node. */
const PROXY_PORT = 5999;
/** The nftables table that leads others to it. */
const TABLE = "ip peili_lie";

const MAIN = new URL("./lying_proxy_main.ts", import.meta.url).pathname;

/** Puts a proxy that lies before the peer listener of a node: others ask it without knowing. */
export async function makeLie(node: ClusterNode, lie: Lie, logPath: string): Promise<Liar> {
  const { address, netns } = node.network;
  await using parts = new AsyncDisposableStack();
  const [listen, target] = [`${address}:${PROXY_PORT}`, `${address}:${PEILI_PORTS.registry}`];
  const proxy = parts.use(spawnLogged({
    name: `the proxy that lies on ${node.network.name}`,
    command: [Deno.execPath(), "run", "--quiet", "--allow-net", "--allow-env", MAIN, listen, target, lie],
    logPath,
    netns,
  }));
  await proxy.up(async () => (await proxy.logLines("lying on")).length > 0);
  const nft = (rules: string) =>
    runCommand("ip", ["netns", "exec", netns, "nft", "-f", "-"], { stdin: rules }).then(() => {});
  // What comes from the node itself, as the proxy does, does not pass through this chain.
  await nft(`table ${TABLE} {
    chain prerouting {
      type nat hook prerouting priority -100;
      tcp dport ${PEILI_PORTS.registry} redirect to :${PROXY_PORT}
    }
  }`);
  parts.defer(() => nft(`delete table ${TABLE}`));
  const owned = parts.move();
  return {
    askedFor: async (digest) => (await proxy.logLines(digest)).length,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
