import { getLogger } from "@logtape/logtape";
import project from "../../deno.json" with { type: "json" };
import { errorMessage } from "../core/errors.ts";
import { SECOND_MS } from "../core/units.ts";
import type { AdvertisedCounts } from "../metrics/advertised_metrics.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Member } from "../routing/members.ts";
import { countOf, countsBy, refusedCount, requestCounts } from "../status/counters.ts";
import type { NodeStatus, PeerChecksReport } from "../status/node_status.ts";
import type { PeerChecks } from "../status/peer_checks.ts";
import type { ProbeLog } from "../status/probe_log.ts";
import { RequestRates, SAMPLE_INTERVAL_MS } from "../status/request_rates.ts";
import type { NodeOptions } from "./options.ts";

/** What a {@linkcode StatusReporter} asks. */
export interface StatusReporterComponents {
  /** Counts what happens. */
  metrics: Metrics;
  /** How well the node is connected, and whom it knows. */
  router: { readonly id: string; state(): { status: string; peers: number } };
  /** Returns the other nodes of Peili. */
  members(): Iterable<Member>;
  /** Asks them. */
  peerChecks: PeerChecks;
  /** What is announced. */
  advertised(): AdvertisedCounts;
  /** The probes that arrived. */
  probes: ProbeLog;
  /** Where the node listens. */
  listeners: NodeStatus["listeners"];
  /** The name of the store. */
  storeName: string;
}

/** How many other nodes are told of. */
const MEMBERS_MAX = 100;

const logger = getLogger(["peili", "node"]);

/** Tells what a node has, knows and did, and remembers its rates. Disposing of it ends its timer. */
export class StatusReporter implements Disposable {
  readonly #components: StatusReporterComponents;
  readonly #options: NodeOptions;
  readonly #startedMs = Date.now();
  readonly #rates = new RequestRates(this.#startedMs);
  readonly #timer: ReturnType<typeof setInterval>;

  /** @param options What the node was started with. */
  constructor(components: StatusReporterComponents, options: NodeOptions) {
    this.#components = components;
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#sample().catch((reason) => logger.error("Cannot count: {reason}", { reason: errorMessage(reason) }));
    }, SAMPLE_INTERVAL_MS);
  }

  /** Asks some other nodes whether they are reached, agree, and reach this one. */
  checkPeers(): Promise<PeerChecksReport> {
    return this.#components.peerChecks.run();
  }

  /** Tells how the node is now. */
  async report(): Promise<NodeStatus> {
    const { metrics, router, members, advertised, probes, listeners } = this.#components;
    const { basicAuth, clusterSecretFile, registryCompat = false, mirroredRegistries = [], dataDir } = this.#options;
    const { status, peers } = router.state();
    return {
      version: project.version,
      id: router.id,
      nowMs: Date.now(),
      startedMs: this.#startedMs,
      state: status,
      peers,
      listeners,
      registryCompat,
      store: { name: this.#components.storeName, ...storeOf(this.#options) },
      dataDir,
      bootstrap: bootstrapOf(this.#options),
      mirroredRegistries: [...mirroredRegistries],
      basicAuth: basicAuth !== undefined,
      clusterSecret: clusterSecretFile !== undefined,
      advertised: totals(advertised()),
      requests: await this.#requests(),
      bytes: await countsBy(metrics.bytes, "source"),
      uploadedBytes: await countOf(metrics.uploadedBytes),
      flights: {
        verdicts: await countsBy(metrics.flights.verdicts, "verdict"),
        savedCopies: await countOf(metrics.flights.savedCopies),
      },
      retainLayersMs: this.#options.retainLayersMs,
      lookups: await countsBy(metrics.lookups, "result"),
      peerRequests: await countsBy(metrics.peerRequests, "result"),
      refusedPeers: await refusedCount(metrics),
      probes: [...probes.probes],
      members: Iterator.from(members()).take(MEMBERS_MAX)
        .map(({ id, hosts, zone, load }) => ({ id, hosts: [...hosts], zone, load })).toArray(),
    };
  }

  async #requests(): Promise<NodeStatus["requests"]> {
    const counts = await requestCounts(this.#components.metrics);
    this.#rates.sample(counts, Date.now());
    const lastHitSeconds = await countOf(this.#components.metrics.lastMirrorSuccess);
    return {
      hits: counts.hits,
      misses: counts.misses,
      recent: this.#rates.recent(counts, Date.now()),
      lastRequestMs: this.#rates.lastRequestMs,
      lastHitMs: lastHitSeconds === 0 ? undefined : Math.round(lastHitSeconds * SECOND_MS),
    };
  }

  async #sample(): Promise<void> {
    this.#rates.sample(await requestCounts(this.#components.metrics), Date.now());
  }

  /** Ends the timer. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function storeOf({ store }: NodeOptions): { socket?: string; contentPath?: string } {
  if (store?.kind !== "containerd") return { contentPath: store?.path };
  return { socket: store.sock, contentPath: store.contentPath };
}

function bootstrapOf({ bootstrap }: NodeOptions): NodeStatus["bootstrap"] {
  switch (bootstrap?.kind) {
    case "dns":
      return { kind: "dns", from: [bootstrap.domain] };
    case "http":
      return { kind: "http", from: bootstrap.url === undefined ? [] : [bootstrap.url] };
    case "static":
      return { kind: "static", from: [...bootstrap.peers] };
    default:
      return { kind: "none", from: [] };
  }
}

function totals({ imageTags, imageDigests, contentDigests }: AdvertisedCounts): NodeStatus["advertised"] {
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, count) => total + count, 0);
  return { imageTags: sum(imageTags), imageDigests: sum(imageDigests), contentDigests: sum(contentDigests) };
}
