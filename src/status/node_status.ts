import * as v from "valibot";

const COUNT = v.pipe(v.number(), v.minValue(0));
const HOSTS = v.array(v.string());

/**
 * What a node tells of itself at `/status` of its metrics listener. Times are in milliseconds since 1970.
 *
 * Nodes and commands of different versions meet: what is not known is passed over.
 */
export const NODE_STATUS_SCHEMA = v.object({
  /** The version of Peili. */
  version: v.string(),
  /** The libp2p peer id. */
  id: v.string(),
  /** The node's clock. */
  nowMs: v.number(),
  /** When the process started. */
  startedMs: v.number(),
  /** `ready`, `degraded` or `stopping`. */
  state: v.string(),
  /** Nodes that this one knows and can ask. */
  peers: COUNT,
  /** Where it listens, as `host:port`. */
  listeners: v.object({ local: v.string(), registry: v.string(), router: v.string(), metrics: v.string() }),
  /** Whether the listener for nodes answers containerd too. */
  registryCompat: v.boolean(),
  /** Where its content is. */
  store: v.object({
    name: v.string(),
    socket: v.optional(v.string()),
    contentPath: v.optional(v.string()),
  }),
  /** Where it keeps its identity. */
  dataDir: v.optional(v.string()),
  /** How it finds its first peers: kind, and what the kind asks. */
  bootstrap: v.object({ kind: v.string(), from: v.array(v.string()) }),
  /** The only registries that it mirrors; none means all. */
  mirroredRegistries: v.array(v.string()),
  /** Whether it asks other nodes for a password, and is asked for one. */
  basicAuth: v.boolean(),
  /** Whether it has a cluster secret. */
  clusterSecret: v.optional(v.boolean()),
  /** What it announces. */
  advertised: v.object({ imageTags: COUNT, imageDigests: COUNT, contentDigests: COUNT }),
  /** What its containerd asked for, since the start and in the last minutes. */
  requests: v.object({
    hits: COUNT,
    misses: COUNT,
    recent: v.object({ minutes: COUNT, hits: COUNT, misses: COUNT, refusedPeers: COUNT }),
    lastRequestMs: v.optional(v.number()),
    lastHitMs: v.optional(v.number()),
  }),
  /** Body bytes given to its containerd, by where they came from. */
  bytes: v.record(v.string(), COUNT),
  /** Body bytes given to other nodes. */
  uploadedBytes: COUNT,
  /** Flights: what this node was told when nobody was known to have something, and copies that it spared upstream. */
  flights: v.optional(v.object({ verdicts: v.record(v.string(), COUNT), savedCopies: COUNT })),
  /** How long it keeps layers that its containerd would discard, in milliseconds; 0 for not at all. */
  retainLayersMs: v.optional(COUNT),
  /** Lookups, by result. */
  lookups: v.record(v.string(), COUNT),
  /** Requests to other nodes, by result. */
  peerRequests: v.record(v.string(), COUNT),
  /** Requests of others, and connections, without what the nodes share. */
  refusedPeers: COUNT,
  /** Pulls of names that only `peili doctor` makes up, the latest last. */
  probes: v.array(v.object({ registry: v.string(), repository: v.string(), atMs: v.number() })),
  /** Other nodes of Peili, at most a hundred. */
  members: v.array(v.object({ id: v.string(), hosts: HOSTS, zone: v.string(), load: v.number() })),
});

/** What a node tells of itself. */
export type NodeStatus = v.InferOutput<typeof NODE_STATUS_SCHEMA>;

/** What a node found when it asked other nodes, told at `/status/peers`. */
export const PEER_CHECKS_SCHEMA = v.object({
  /** One entry for each node that was asked: some of them all. */
  checks: v.array(v.object({
    /** The peer id. */
    id: v.string(),
    /** The address that was asked, as `host:port`. */
    host: v.string(),
    /** `ok`; `refused`: it does not take this node for one of its own; `failed`: it does not answer. */
    result: v.picklist(["ok", "refused", "failed"]),
    /** What went wrong. */
    detail: v.optional(v.string()),
    /** How far the peer's clock is ahead of this one, in milliseconds. A second more or less means nothing. */
    skewMs: v.optional(v.number()),
    /** Whether the peer reached this node's listener for nodes; not there if it could not be asked. */
    back: v.optional(v.object({ reached: v.boolean(), detail: v.optional(v.string()) })),
  })),
});

/** What a node found when it asked other nodes. */
export type PeerChecksReport = v.InferOutput<typeof PEER_CHECKS_SCHEMA>;

/** One other node that was asked. */
export type PeerCheck = PeerChecksReport["checks"][number];

/** Where a node tells of itself, below its metrics listener. */
export const STATUS_PATH = "/status";
/** Where it tells what it finds when it asks others. */
export const PEER_CHECKS_PATH = "/status/peers";
