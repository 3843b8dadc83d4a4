import type { NodeStatus } from "../../src/status/node_status.ts";

/** The status of a node of tests. */
export function aStatus(different: Partial<NodeStatus> = {}): NodeStatus {
  return {
    version: "1.2.3",
    id: "12D3KooWA",
    nowMs: 10_000_000,
    startedMs: 0,
    state: "ready",
    peers: 2,
    listeners: { local: "127.0.0.1:30020", registry: "[::]:5000", router: ":5001", metrics: "[::]:9090" },
    registryCompat: false,
    store: { name: "containerd", socket: "/run/containerd/containerd.sock" },
    bootstrap: { kind: "dns", from: ["nodes.test"] },
    mirroredRegistries: [],
    basicAuth: false,
    advertised: { imageTags: 1, imageDigests: 2, contentDigests: 5 },
    requests: { hits: 9, misses: 1, recent: { minutes: 5, hits: 3, misses: 0, refusedPeers: 0 }, lastHitMs: 9_940_000 },
    bytes: { local: 1024, peer: 3 * 1024 ** 3 },
    uploadedBytes: 10,
    lookups: { hit: 4 },
    peerRequests: {},
    refusedPeers: 0,
    probes: [],
    members: [
      { id: "12D3KooWBBBBBBBB", hosts: ["10.0.0.2:5000"], zone: "a", load: 0.25 },
      { id: "12D3KooWCCCCCCCC", hosts: ["10.0.0.3:5000"], zone: "", load: 0 },
    ],
    ...different,
  };
}
