import type { BenchCluster } from "./bench_cluster.ts";

/** How many nodes are told. */
const NODES_TOLD = 3;

/** Tells who the nodes are, as their own servers for bootstrapping over HTTP do. */
export function serveIds({ nodes }: BenchCluster): Deno.HttpServer<Deno.NetAddr> {
  const ids = nodes.slice(0, NODES_TOLD).map(({ id, peers }) => ({
    ID: id,
    Addrs: peers.map((peer) => peer.split("/p2p/")[0]),
  }));
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => Response.json(ids));
}
