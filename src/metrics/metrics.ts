import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type AdvertisedCounts, registerAdvertisedMetrics } from "./advertised_metrics.ts";
import { FlightMetrics } from "./flight_metrics.ts";
import { registerGauge } from "./observed_gauge.ts";
import { registerProcessMetrics } from "./process_metrics.ts";

/** Buckets of `spegel_resolve_duration_seconds`: lookups take from below a millisecond to seconds. */
const RESOLVE_SECONDS_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5];
/** Buckets of `http_response_size_bytes`, as Spegel has them: 1024 · 5ⁿ. */
const RESPONSE_SIZE_BUCKETS = Array.from({ length: 10 }, (_, n) => 1024 * 5 ** n);

/**
 * The instruments of one node. Names and labels that Spegel has too are Spegel's, so that dashboards keep working.
 */
export class Metrics {
  /** Where the instruments are registered; one for each node, so that several nodes can share a process. */
  readonly registry: Registry = new Registry();

  /** Requests of this node's own clients, by registry and by whether the cluster had the content. */
  readonly mirrorRequests: Counter<"registry" | "cache"> = new Counter({
    name: "spegel_mirror_requests_total",
    help: "Requests of local clients, by whether the cluster could serve them.",
    labelNames: ["registry", "cache"],
    registers: [this.registry],
  });
  /** When a request of a local client was last served, in seconds since 1970. */
  readonly lastMirrorSuccess: Gauge = new Gauge({
    name: "spegel_mirror_last_success_timestamp_seconds",
    help: "When a request of a local client was last served.",
    registers: [this.registry],
  });
  /** How long a lookup takes until its first provider, or until it is given up. */
  readonly resolveDuration: Histogram<"router"> = new Histogram({
    name: "spegel_resolve_duration_seconds",
    help: "Time until a lookup finds its first provider or ends without one.",
    labelNames: ["router"],
    buckets: RESOLVE_SECONDS_BUCKETS,
    registers: [this.registry],
  });

  /** How long requests take until their headers, by handler. */
  readonly httpDuration: Histogram<"handler" | "method" | "code"> = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time from a request to the headers of its answer.",
    labelNames: ["handler", "method", "code"],
    registers: [this.registry],
  });
  /** How large answers are, by handler. */
  readonly httpResponseSize: Histogram<"handler" | "method" | "code"> = new Histogram({
    name: "http_response_size_bytes",
    help: "Content length of answers.",
    labelNames: ["handler", "method", "code"],
    buckets: RESPONSE_SIZE_BUCKETS,
    registers: [this.registry],
  });
  /** Requests that are being answered. */
  readonly httpInflight: Gauge<"handler"> = new Gauge({
    name: "http_requests_inflight",
    help: "Requests that are being answered.",
    labelNames: ["handler"],
    registers: [this.registry],
  });

  /** Body bytes given to local clients, by where they came from: `local`, `peer` or `flight` (still being downloaded there). */
  readonly bytes: Counter<"source"> = new Counter({
    name: "peili_bytes_total",
    help: "Body bytes given to local clients, by where they came from. Upstream was saved the sum.",
    labelNames: ["source"],
    registers: [this.registry],
  });
  /** Body bytes given to other nodes. */
  readonly uploadedBytes: Counter = new Counter({
    name: "peili_uploaded_bytes_total",
    help: "Body bytes given to other nodes.",
    registers: [this.registry],
  });
  /** Requests of other nodes for blobs that were refused, as this node is full. */
  readonly refusedUploads: Counter = new Counter({
    name: "peili_refused_uploads_total",
    help: "Requests of other nodes for blobs that were refused, as this node is full.",
    registers: [this.registry],
  });
  /** Lookups, by result: `hit`, `miss`. */
  readonly lookups: Counter<"result"> = new Counter({
    name: "peili_lookups_total",
    help: "Lookups of content keys, by whether a provider was found.",
    labelNames: ["result"],
    registers: [this.registry],
  });
  /** Requests to peers, by result: `ok`, `missing` (the peer answered 404), `busy` (it is full), `failed`. */
  readonly peerRequests: Counter<"result"> = new Counter({
    name: "peili_peer_requests_total",
    help: "Requests to other nodes, by result.",
    labelNames: ["result"],
    registers: [this.registry],
  });
  /**
   * Requests on the peer listener that are refused for want of what the nodes share, by kind: `basic-auth`, or what is
   * wrong with the proof of the secret: `unsigned`, `forged`, `late`, `replayed`.
   */
  readonly refusedPeers: Counter<"kind"> = new Counter({
    name: "peili_refused_peer_requests_total",
    help: "Requests on the peer listener that did not carry what the nodes of the cluster share.",
    labelNames: ["kind"],
    registers: [this.registry],
  });
  /** Connections to libp2p that are refused, as whoever made them does not know the cluster secret. */
  readonly refusedConnections: Counter = new Counter({
    name: "peili_refused_peer_connections_total",
    help: "Connections to libp2p of somebody who does not know the cluster secret.",
    registers: [this.registry],
  });
  /** Bodies that went on from another provider at the byte where the one before stopped. */
  readonly resumedBodies: Counter = new Counter({
    name: "peili_resumed_bodies_total",
    help: "Bodies that went on from another provider at the same byte.",
    registers: [this.registry],
  });
  /** Bodies that were read from several nodes at once, as one was slow. */
  readonly combinedBodies: Counter = new Counter({
    name: "peili_combined_bodies_total",
    help: "Bodies that were read from several nodes at once.",
    registers: [this.registry],
  });
  /** Blobs for which a client was sent to the peer that has them. */
  readonly redirectedBodies: Counter = new Counter({
    name: "peili_redirected_bodies_total",
    help: "Blobs for which this node's containerd was sent to the node that has them.",
    registers: [this.registry],
  });
  /** Bodies that ended early because no provider was left. */
  readonly exhaustedBodies: Counter = new Counter({
    name: "peili_exhausted_bodies_total",
    help: "Bodies that ended early because no provider was left.",
    registers: [this.registry],
  });
  /** Bodies whose bytes were not those of their digest, and whose end was not passed on. */
  readonly wrongBodies: Counter = new Counter({
    name: "peili_wrong_bodies_total",
    help: "Bodies from other nodes whose bytes were not those of their digest.",
    registers: [this.registry],
  });
  /** Bodies that could not be checked, as the beginning of the blob was not known. */
  readonly unverifiedBodies: Counter = new Counter({
    name: "peili_unverified_bodies_total",
    help: "Bodies from other nodes that started in the middle of a blob and could not be checked.",
    registers: [this.registry],
  });

  /** What is counted of flights. */
  readonly flights: FlightMetrics = new FlightMetrics(this.registry);
  /** Layers that are not kept for other nodes any longer, by reason: `expired`, `limit`, `space`, `absent`. */
  readonly releasedLayers: Counter<"reason"> = new Counter({
    name: "peili_retained_layers_released_total",
    help: "Layers that are not kept for other nodes any longer, by reason.",
    labelNames: ["reason"],
    registers: [this.registry],
  });

  constructor() {
    registerProcessMetrics(this.registry);
  }

  /** Adds the gauges of what is announced, which are asked for when they are collected. */
  observeAdvertised(read: () => AdvertisedCounts): void {
    registerAdvertisedMetrics(this.registry, read);
  }

  /**
   * Adds a gauge whose value is asked for when it is collected.
   *
   * @param name The metric's name.
   * @param help One line of help.
   * @param read Returns the value now.
   */
  observe(name: string, help: string, read: () => number): void {
    registerGauge(this.registry, name, help, read);
  }
}
