import type { Metrics } from "../metrics/metrics.ts";
import { boundedLabel } from "../metrics/bounded_label.ts";
import { SECOND_MS } from "../core/units.ts";
import { getLogger } from "@logtape/logtape";
import { errorMessage, isAbort } from "../core/errors.ts";
import { RangeNotSatisfiableError } from "../http/byte_range.ts";
import { DistributionError } from "../oci/distribution_error.ts";
import type { Digest } from "../oci/digest.ts";
import type { DistributionPath } from "../oci/distribution_path.ts";
import type { RegistryFilter } from "../oci/filter.ts";
import { ContentNotFoundError, StoreUnavailableError } from "../store/content_store.ts";
import { CandidatesExhaustedError } from "../transfer/hedge.ts";
import { errorResponse } from "./error_response.ts";
import { headersInTime } from "./headers_in_time.ts";
import type { AskedContent } from "./asked_content.ts";
import type { FlightContent } from "./flight_content.ts";
import type { GrowingContent } from "./growing_content.ts";
import type { LocalContent } from "./local_content.ts";
import type { ParallelFetch } from "./parallel_fetch.ts";
import { checkMethod, parsePullRequest, type PullRequest, requestUrl } from "./pull_request.ts";
import type { RemoteContent } from "./remote_content.ts";

const logger = getLogger(["peili", "registry"]);

/** Whom a listener answers: this node's own clients, other nodes, or both (`--registry-compat`). */
export type Audience = "clients" | "peers" | "everybody";

/** What {@linkcode Registry} works with. */
export interface RegistryComponents {
  /** Answers from the local store. */
  local: LocalContent;
  /** Answers members of a flight with what is still on its way. */
  growing: GrowingContent;
  /** Answers from other nodes. */
  remote: RemoteContent;
  /** Answers from the downloads of other nodes. */
  flight: FlightContent;
  /** Hears what comes to this node under which repository. */
  asked: AskedContent;
  /** Notices how this node's containerd fetches. */
  parallel: ParallelFetch;
  /** Hears of every blob that a client asks for. @default nobody does */
  retain?: (digest: Digest) => void;
  /** Decides what is mirrored. */
  filter: RegistryFilter;
  /** Tells how the node is. */
  health: () => Response;
  /** Counts requests. */
  metrics: Metrics;
}

/** The pull endpoints of the distribution-spec, over the local store and over other nodes. */
export class Registry {
  readonly #components: RegistryComponents;
  readonly #registryLabel = boundedLabel();

  constructor(components: RegistryComponents) {
    this.#components = components;
  }

  /** Answers one request that came in on a listener for the given audience. Never throws. */
  async handle(request: Request, audience: Audience): Promise<Response> {
    try {
      const url = requestUrl(request);
      checkMethod(request);
      switch (url.pathname) {
        case "/v2":
        case "/v2/":
          return Response.json({}, { headers: { "docker-distribution-api-version": "registry/2.0" } });
        case "/readyz":
          return this.#components.health();
        case "/livez":
          return new Response(null);
        default:
          return await this.#pull(parsePullRequest(request, url), audience);
      }
    } catch (reason) {
      return errorResponse(reason);
    }
  }

  async #pull(pull: PullRequest, audience: Audience): Promise<Response> {
    if (!this.#components.filter.allows(pull.path, pull.path.tag)) return new Response(null, { status: 404 });
    const answer = (signal: AbortSignal) => {
      const bounded = { ...pull, signal };
      return pull.mirrored || audience === "peers" ? this.#serve(bounded) : this.#mirror(bounded);
    };
    try {
      return await headersInTime(answer, { signal: pull.signal });
    } catch (reason) {
      throw refusal(pull.path, reason);
    }
  }

  /** Answers another node, from what is here. */
  #serve(pull: PullRequest): Promise<Response> {
    const { local, growing } = this.#components;
    const complete = () => local.respond(pull, "peer");
    return pull.follows ? growing.respond(pull, complete) : complete();
  }

  /** Answers a client of this node. */
  async #mirror(pull: PullRequest): Promise<Response> {
    const { lastMirrorSuccess, mirrorRequests } = this.#components.metrics;
    if (pull.path.digest && pull.path.kind === "blobs" && !pull.head) this.#components.retain?.(pull.path.digest);
    let cache = "miss";
    try {
      const response = await this.#find(pull);
      cache = "hit";
      lastMirrorSuccess.set(Date.now() / SECOND_MS);
      return response;
    } finally {
      mirrorRequests.inc({ registry: this.#registryLabel(pull.path.registry), cache });
    }
  }

  async #find(pull: PullRequest): Promise<Response> {
    const { local, parallel } = this.#components;
    parallel.notice(pull);
    try {
      return await local.respond(pull, "client");
    } catch (reason) {
      pull.signal.throwIfAborted();
      if (reason instanceof RangeNotSatisfiableError) throw reason;
      if (!isAbsence(reason)) logger.warn("Local content cannot be read: {reason}", { reason: errorMessage(reason) });
    }
    return await this.#findElsewhere(pull);
  }

  async #findElsewhere(pull: PullRequest): Promise<Response> {
    const { remote, flight, asked } = this.#components;
    try {
      const response = await remote.respond(pull);
      if (pull.path.digest && !pull.head) asked.add(pull.path, pull.path.digest);
      return response;
    } catch (reason) {
      pull.signal.throwIfAborted();
      if (!(reason instanceof CandidatesExhaustedError) || !flight.takes(pull)) throw reason;
    }
    return await flight.respond(pull);
  }
}

/** Whether the content is merely not here, or took too long to find: either way another node may have it. */
function isAbsence(reason: unknown): boolean {
  return reason instanceof ContentNotFoundError || reason instanceof StoreUnavailableError || isAbort(reason);
}

/** Says in the words of the protocol that content cannot be served. Faults of this node are left as they are. */
function refusal({ kind, digest, tag, registry, repository }: DistributionPath, reason: unknown): unknown {
  if (!isAbsence(reason) && !(reason instanceof CandidatesExhaustedError)) return reason;
  const attempts = reason instanceof CandidatesExhaustedError ? reason.failures.length : 0;
  return new DistributionError(
    kind === "blobs" ? "BLOB_UNKNOWN" : "MANIFEST_UNKNOWN",
    `Cannot find "${digest ?? `${registry}/${repository}:${tag}`}" in the cluster`,
    { detail: { attempts }, cause: reason },
  );
}
