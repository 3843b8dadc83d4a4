import type { Provider } from "../../../src/routing/router.ts";

/** The kinds of nodes that a host can hold: ours, and libp2p with `@libp2p/kad-dht` as it comes. */
export type NodeKind = "peili" | "stock";

/** Where a node finds its first peers. */
export type HostedBootstrap = { kind: "static"; peers: readonly string[] } | { kind: "dns"; domain: string };

/** What a node is opened with. */
export interface OpenArgs {
  /** What the node is called within its host. */
  node: string;
  /** @default {"peili"} */
  kind?: NodeKind;
  /** The address that it listens on; all of them when it is not given. */
  hostname?: string;
  /** The port that libp2p listens on; 0 lets the system choose. */
  port: number;
  /** The port of a peer listener, which need not exist. */
  registryPort: number;
  /** No first peers when it is not given. */
  bootstrap?: HostedBootstrap;
  /** Where its identity is kept; a new identity when it is not given. */
  dataDir?: string;
}

/** A node that was opened. */
export interface OpenedNode {
  /** Its peer id. */
  id: string;
  /** What it announces, as multiaddrs with the peer id. */
  peers: string[];
  /** How long opening took, in milliseconds. */
  openMs: number;
}

/** What is looked up. */
export interface LookupArgs {
  /** Who asks. */
  node: string;
  /** One key after the other. */
  keys: readonly string[];
  /** When each lookup is aborted, in milliseconds. */
  deadlineMs: number;
  /** The most providers. @default {3} */
  limit?: number;
}

/** A provider that a lookup yielded. */
export interface FoundProvider extends Provider {
  /** When, in milliseconds since the lookup began. */
  atMs: number;
}

/** What came of a lookup. */
export interface LookupOutcome {
  /** Who was found, in order. */
  providers: FoundProvider[];
  /** When the lookup ended, in milliseconds since it began. */
  endMs: number;
  /** How long it went on after the turn of the event loop in which it was aborted, in milliseconds; 0 if it did not. */
  lateMs: number;
  /** The longest that the event loop of who asked was held up lately, in milliseconds. */
  stallMs: number;
}

/** Figures of a node. */
export interface HostedStats {
  /** Whether it has peers. */
  status: "ready" | "degraded";
  /** Nodes that can be asked. */
  peers: number;
  /** Open connections. */
  connections: number;
  /** Keys that it keeps announced. */
  announcedKeys: number;
  /** Announcements that wait for a peer to take them. */
  pendingAnnouncements: number;
  /** Records of other nodes that it holds. */
  records: number;
}

/** What a host uses. */
export interface HostUsage {
  /** Resident memory in bytes. */
  residentBytes: number;
  /** What lives on V8's heap, in bytes. */
  heapBytes: number;
  /** User and system time so far, in seconds. */
  cpuSeconds: number;
  /** The longest that the event loop was held up since the last question, in milliseconds. */
  stallMs: number;
}

/** What a host of routers can be told, each with one object. */
export interface HostCalls {
  /** Opens a node. */
  open(args: OpenArgs): Promise<OpenedNode>;
  /** Stops a node in order. */
  stop(args: { node: string }): Promise<void>;
  /** Announces keys. */
  announce(args: { node: string; keys: readonly string[] }): Promise<void>;
  /** Withdraws keys. */
  withdraw(args: { node: string; keys: readonly string[] }): Promise<void>;
  /** Looks keys up, one after the other. */
  lookup(args: LookupArgs): Promise<LookupOutcome[]>;
  /** Tells that fetching from a provider has failed. Answers whether the router can be told so. */
  failed(args: { node: string; provider: string; key: string }): Promise<boolean>;
  /** Waits until a node knows so many peers, and answers how long that took, in milliseconds. */
  awaitPeers(args: { node: string; peers: number; timeoutMs: number }): Promise<number>;
  /** Figures of every node, by name. */
  stats(args: Record<string, never>): Promise<Record<string, HostedStats>>;
  /** What the whole process uses, after a garbage collection if asked for. */
  usage(args: { collect?: boolean }): Promise<HostUsage>;
}

/** The name of a call. */
export type CallName = keyof HostCalls;
/** What a call takes. */
export type CallArgs<N extends CallName> = Parameters<HostCalls[N]>[0];
/** What a call gives. */
export type CallResult<N extends CallName> = Awaited<ReturnType<HostCalls[N]>>;

/** A line to a host. */
export interface HostRequest {
  /** Repeated in the answer. */
  id: number;
  name: CallName;
  args: unknown;
}

/** A line from a host: the first one, with the id 0, says that it is there. */
export interface HostAnswer {
  id: number;
  result?: unknown;
  /** Why the call failed. */
  error?: string;
}
