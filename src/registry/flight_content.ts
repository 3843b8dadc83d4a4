import { deadline, sleep } from "../core/deadline.ts";
import { isAbort } from "../core/errors.ts";
import { traced } from "../core/trace.ts";
import { SECOND_MS } from "../core/units.ts";
import type { FlightGate, FlightRequest, FlightVerdict, Seat } from "../flight/flight_gate.ts";
import type { FlightSubject } from "../flight/flight_id.ts";
import type { Digest } from "../oci/digest.ts";
import { DistributionError } from "../oci/distribution_error.ts";
import type { DistributionPath } from "../oci/distribution_path.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import { repositoryName } from "../oci/reference.ts";
import type { Member } from "../routing/members.ts";
import { CandidatesExhaustedError } from "../transfer/hedge.ts";
import type { BlobPath } from "../transfer/blob_path.ts";
import type { AskedContent } from "./asked_content.ts";
import type { BlobSizes } from "./blob_sizes.ts";
import { contentResponse } from "./content_response.ts";
import { FlightFollower, type FollowComponents } from "./flight_follower.ts";
import type { ParallelFetch } from "./parallel_fetch.ts";
import type { PullRequest } from "./pull_request.ts";
import type { RemoteContent } from "./remote_content.ts";

/** How long a source is waited for before the headers of a blob are sent without one, in milliseconds. */
const SOURCE_TIMEOUT_MS = 3 * SECOND_MS;
/** How long a manifest is waited for, in milliseconds: its headers have to be sent within five seconds. */
const MANIFEST_TIMEOUT_MS = 4 * SECOND_MS;
/** The pause before a manifest that is still on its way is asked for again, in milliseconds. */
const MANIFEST_AGAIN_MS = 50;
/** How often a request joins: again when the members that were named to it do not have the content after all. */
const JOINS_MAX = 3;

/** A range that a containerd asks with: everything from a byte on. */
const FROM_REGEXP = /^bytes=(\d{1,15})-$/;

/** Content that is named by its digest. */
type ContentPath = DistributionPath & { digest: Digest };

/** What {@linkcode FlightContent} works with. */
export interface FlightContentComponents extends FollowComponents {
  /** Decides. */
  flights: FlightGate;
  /** Answers from members that have all of it. */
  remote: RemoteContent;
  /** Knows how large blobs are. */
  sizes: BlobSizes;
  /** Hears what comes to this node under which repository. */
  asked: AskedContent;
  /** Chooses between all of a blob and a part of it. */
  parallel: ParallelFetch;
}

/** Answers from the downloads of other nodes, or decides that this node has to download for all. */
export class FlightContent {
  readonly #components: FlightContentComponents;
  readonly #matchRepository: boolean;

  /** @param options.matchRepository Whether only nodes that want it from the same repository fly together. */
  constructor(components: FlightContentComponents, options: { matchRepository?: boolean } = {}) {
    this.#components = components;
    this.#matchRepository = options.matchRepository ?? true;
  }

  /** Returns whether a request can take part: of a containerd, for all that it does not have yet. */
  takes({ path, head, range, containerd }: PullRequest): boolean {
    return containerd && !head && path.digest !== undefined && (range === null || FROM_REGEXP.test(range));
  }

  /**
   * Answers a request that {@linkcode takes} part, for content that nobody is known to have.
   *
   * @throws {DistributionError} If this node has to get it from upstream.
   * @throws {RangeNotSatisfiableError} If the range is none of the content.
   */
  async respond(pull: PullRequest): Promise<Response> {
    const { flights, asked, exhausted, sizes } = this.#components;
    const path = pull.path as ContentPath; // takes() has seen to it
    if (flights.isSuspect(path.digest) || exhausted.has(path.digest)) throw fetchUpstream(path);
    for (let joins = 0; joins < JOINS_MAX; joins++) {
      const verdict = await this.#join(path, {
        offset: Number(FROM_REGEXP.exec(pull.range ?? "")?.[1] ?? 0),
        total: await sizes.of(path.digest, pull),
        signal: pull.signal,
      });
      if (verdict.type !== "alone") asked.add(path, path.digest);
      if (verdict.type === "follow") return await this.#follow(pull, path, verdict.seat);
      if (verdict.type !== "found") break;
      const response = await this.#fromMembers(pull, path, verdict.members);
      if (response) return response;
    }
    throw fetchUpstream(path);
  }

  async #join(path: ContentPath, request: Pick<FlightRequest, "offset" | "total" | "signal">): Promise<FlightVerdict> {
    return await traced("peili.claim", { "peili.digest": path.digest }, async (span) => {
      const verdict = await this.#components.flights.join({ ...this.#subject(path), ...request });
      span.setAttribute("peili.verdict", verdict.type);
      return verdict;
    });
  }

  #subject(path: ContentPath): FlightSubject {
    return { digest: path.digest, ...this.#matchRepository ? { repository: repositoryName(path) } : {} };
  }

  async #fromMembers(pull: PullRequest, path: ContentPath, members: Member[]): Promise<Response | undefined> {
    const { flights, remote } = this.#components;
    this.#haveGained(members, path);
    try {
      return await remote.respond(pull, { from: members });
    } catch (reason) {
      pull.signal.throwIfAborted();
      if (!(reason instanceof CandidatesExhaustedError) && !isAbort(reason)) throw reason;
      for (const { id } of members) flights.gone(id, this.#subject(path));
      return undefined;
    }
  }

  /** What members said before they had it is of no account: they were asked too early, maybe by a guess. */
  #haveGained(members: readonly Member[], path: ContentPath): void {
    for (const { id } of members) this.#components.peers.reputation.gained(id, path);
  }

  async #follow(pull: PullRequest, path: ContentPath, seat: Seat): Promise<Response> {
    try {
      return path.kind === "manifests"
        ? await this.#followManifest(pull, path, seat)
        : await this.#followBlob(pull, path as BlobPath, seat);
    } catch (reason) {
      seat.ended(false);
      throw reason;
    }
  }

  /** A manifest is given whole: it is asked for again until the member that gets it has all of it. */
  async #followManifest(pull: PullRequest, path: ContentPath, seat: Seat): Promise<Response> {
    const signal = deadline(MANIFEST_TIMEOUT_MS, pull.signal);
    let failure: "missing" | undefined;
    for (;;) {
      const turn = await seat.next(0, { signal, failure });
      if (turn.type !== "read") throw fetchUpstream(path);
      failure = undefined;
      this.#haveGained([turn.member], path);
      try {
        const response = await this.#components.remote.respond({ ...pull, signal }, {
          from: [turn.member],
          flight: true,
        });
        seat.ended(true);
        return response;
      } catch (reason) {
        signal.throwIfAborted();
        if (!(reason instanceof CandidatesExhaustedError)) throw reason;
        if (!turn.growing) failure = "missing";
        await sleep(MANIFEST_AGAIN_MS, signal);
      }
    }
  }

  async #followBlob(pull: PullRequest, path: BlobPath, seat: Seat): Promise<Response> {
    const { signal } = pull;
    const size = await this.#components.sizes.of(path.digest, pull);
    if (size === undefined) throw fetchUpstream(path); // a member's word alone makes no answer
    const range = this.#components.parallel.rangeOf(pull.range, size);
    const span = { start: range?.start ?? 0, end: size - 1, size };
    const follower = new FlightFollower(this.#components, { path, span, seat, signal });
    const begun = await follower.begin(SOURCE_TIMEOUT_MS);
    if (begun === "upstream") throw fetchUpstream(path);
    return await contentResponse({
      path,
      content: { digest: path.digest, mediaType: MEDIA_TYPE.octetStream, size },
      head: false,
      range,
      open: () => follower.body(),
    });
  }
}

function fetchUpstream({ kind, digest }: ContentPath): DistributionError {
  const code = kind === "blobs" ? "BLOB_UNKNOWN" : "MANIFEST_UNKNOWN";
  return new DistributionError(code, `Cannot find "${digest}" in the cluster: this node is to get it from upstream`);
}
