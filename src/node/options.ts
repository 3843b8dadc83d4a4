import { addressesOverlap, type ListenAddress, parseListenAddress } from "../core/listen_address.ts";
import { SECOND_MS } from "../core/units.ts";
import type { BasicAuth } from "../http/basic_auth.ts";

/** Where a node keeps its content. */
export type StoreOptions =
  | {
    kind: "containerd";
    /** The path of containerd's socket. */
    sock: string;
    /** The containerd namespace whose images are served. */
    namespace: string;
    /** containerd's content directory; containerd is asked for it when it is not given. */
    contentPath?: string;
  }
  | {
    kind: "oci-layout";
    /** The directory of an OCI image layout. */
    path: string;
  };

/** How a node finds its first peers. */
export type BootstrapOptions =
  | { kind: "none" }
  | {
    kind: "dns";
    /** A name whose addresses are those of all nodes. */
    domain: string;
  }
  | {
    kind: "http";
    /** Where this node tells its own address at `/id`, as `ip:port` or `:port`. */
    addr?: string;
    /** Where the addresses of other nodes are told. */
    url?: string;
    /** A directory with `ca.crt`, `tls.crt` and `tls.key`. */
    certDir?: string;
  }
  | {
    kind: "static";
    /** Multiaddrs that end in `/p2p/<peer id>`. */
    peers: readonly string[];
  };

/** What a node is started with. */
export interface NodeOptions {
  /** Where the content is; not needed where the program brings a store of its own. */
  store?: StoreOptions;
  /** How the first peers are found. @default {{ kind: "none" }} */
  bootstrap?: BootstrapOptions;
  /** Where this node's containerd asks. @default {"127.0.0.1:30020"} */
  localAddr?: string;
  /** Where other nodes ask. @default {":5000"} */
  registryAddr?: string;
  /** Whether the peer listener answers containerd too, for hosts.toml files that name it. @default {false} */
  registryCompat?: boolean;
  /** Where libp2p listens. @default {":5001"} */
  routerAddr?: string;
  /** Where the node stands, such as an availability zone: nodes of the same one are preferred. @default {""} */
  zone?: string;
  /** Where metrics are served. @default {":9090"} */
  metricsAddr?: string;
  /** Where the node's identity is kept; without it every start makes a new one. */
  dataDir?: string;
  /** The only registries that are mirrored, as `host[:port]`; none means all. @default {[]} */
  mirroredRegistries?: readonly string[];
  /** What is not mirrored: matched anywhere in `registry/repository[:tag]`. @default {[]} */
  registryFilters?: readonly RegExp[];
  /** Whether a digest is served only under a repository that it belongs to. @default {true} */
  matchRepository?: boolean;
  /**
   * How long a layer that this node's containerd asked for is kept for other nodes, in milliseconds: for nodes whose
   * containerd discards unpacked layers. 0 is not at all. @default {0}
   */
  retainLayersMs?: number;
  /** How much is kept at most, in bytes. @default {20 * 2 ** 30} */
  retainLimitBytes?: number;
  /** How much of the file system is left free, in percent: with less, nothing is kept. @default {20} */
  retainMinFreePercent?: number;
  /** How long a lookup may take, in milliseconds. @default {20} */
  mirrorResolveTimeoutMs?: number;
  /** How many providers are tried for one request. @default {3} */
  mirrorResolveRetries?: number;
  /** Whether the node takes part in flights: one download from upstream for all nodes that want it. @default {true} */
  flights?: boolean;
  /** How long a flight may go without a byte until another node fetches too, in milliseconds. @default {30_000} */
  flightHoldMs?: number;
  /** Whether blobs of other nodes are passed on by this one, or containerd is sent there. @default {"relay"} */
  peerTransfer?: "relay" | "redirect";
  /**
   * A file with what the nodes of the cluster share: one or two lines, both of which are accepted, and of which the first
   * one signs and dials. Nodes that do not know it are not talked to. @default none: everybody is taken for a node
   */
  clusterSecretFile?: string;
  /** How many bytes per second other nodes are given, all together. @default as many as go */
  uploadLimitBytesPerSecond?: number;
  /** How many bodies other nodes are sent at once. @default {32} */
  maxUploads?: number;
  /** Asked of other nodes, and carried by requests to them. @default none */
  basicAuth?: BasicAuth;
  /** How long running bodies may go on while the node stops, in milliseconds. @default {20_000} */
  shutdownGraceMs?: number;
}

/** The addresses of a node's listeners, parsed. */
export interface NodeAddresses {
  local: ListenAddress;
  registry: ListenAddress;
  router: ListenAddress;
  metrics: ListenAddress;
}

/** How long running bodies may go on while a node stops, in milliseconds: less than the 30 s that a pod is given. */
export const SHUTDOWN_GRACE_MS: number = 20 * SECOND_MS;

/**
 * Reads the addresses of the listeners.
 *
 * @throws {SyntaxError | RangeError} If one is malformed, or two cannot both be bound.
 */
export function nodeAddresses(options: NodeOptions): NodeAddresses {
  const texts = {
    local: options.localAddr ?? "127.0.0.1:30020",
    registry: options.registryAddr ?? ":5000",
    router: options.routerAddr ?? ":5001",
    metrics: options.metricsAddr ?? ":9090",
  };
  const addresses: NodeAddresses = {
    local: parseListenAddress(texts.local),
    registry: parseListenAddress(texts.registry),
    router: parseListenAddress(texts.router),
    metrics: parseListenAddress(texts.metrics),
  };
  const names = ["local", "registry", "router", "metrics"] as const;
  for (const [index, first] of names.entries()) {
    for (const second of names.slice(index + 1)) {
      if (!addressesOverlap(addresses[first], addresses[second])) continue;
      throw new RangeError(
        `Cannot listen on "${texts[first]}" (${first}) and on "${texts[second]}" (${second}): they overlap`,
      );
    }
  }
  return addresses;
}
