import { getLogger } from "@logtape/logtape";
import { deadline } from "../core/deadline.ts";
import { errorMessage, isAbort } from "../core/errors.ts";
import { linkedAbort } from "../core/linked_abort.ts";
import { beginSpan, endBodySpan } from "../core/trace.ts";
import { SECOND_MS } from "../core/units.ts";
import type { Seat, SeatTurn, SourceFailure } from "../flight/flight_gate.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { type BlobReader, type BlobSpan, openBlobSource, WrongAnswerError } from "../transfer/blob_source.ts";
import type { BlobVerifier } from "../transfer/blob_verifier.ts";
import type { ExhaustedContent } from "../transfer/exhausted.ts";
import { CandidatesExhaustedError } from "../transfer/hedge.ts";
import type { PeerFetcher } from "../transfer/peer_fetcher.ts";
import { PeerResponseError } from "../transfer/peer_request.ts";
import type { BlobPath } from "../transfer/blob_path.ts";
import { verifiedBody } from "../transfer/verified_body.ts";
import type { PeerListener } from "../trust/peer_client.ts";

/** How long a member may take to answer, in milliseconds: it only looks whether it has the download. */
const ANSWER_TIMEOUT_MS = 2 * SECOND_MS;
/** How often the source of one body may change before this node stops looking for another one. */
const TURNS_MAX = 32;
/** How long after its headers a body without a byte ends, in milliseconds: they have to be on their way by then. */
const EMPTY_BODY_MS = 50;

const logger = getLogger(["peili", "registry"]);

/** What a {@linkcode FlightFollower} reads with. */
export interface FollowComponents {
  /** Asks members. */
  peers: PeerFetcher;
  /** Hears of bodies that ended early. */
  exhausted: ExhaustedContent;
  /** Checks what passes. */
  verifier: BlobVerifier;
  /** Counts bytes. */
  metrics: Metrics;
}

/** What a {@linkcode FlightFollower} gives. */
export interface FollowRequest {
  /** The blob. */
  path: BlobPath;
  /** Which bytes of it. */
  span: BlobSpan;
  /** The place in the flight. The follower ends it with its body. */
  seat: Seat;
  /** Aborts when the client goes away. */
  signal: AbortSignal;
}

/** Thrown where following ends before the blob does. */
class FlightLeftError extends Error {
  override name = "FlightLeftError";
  readonly turn: Exclude<SeatTurn, { type: "read" }>;

  constructor(turn: Exclude<SeatTurn, { type: "read" }>) {
    super(`Cannot follow on: ${turn.type === "give-up" ? turn.reason : turn.type}`);
    this.turn = turn;
  }
}

/** One body that follows a flight, from one member after the other. */
export class FlightFollower {
  readonly #components: FollowComponents;
  readonly #request: FollowRequest;
  readonly #ended: AbortController;
  #turn: Extract<SeatTurn, { type: "read" }> | undefined;
  #first: BlobReader | undefined;
  #yields = false;
  #turns = 0;
  readonly #sources = new Set<string>();

  constructor(components: FollowComponents, request: FollowRequest) {
    this.#components = components;
    this.#request = request;
    this.#ended = linkedAbort(request.signal);
  }

  /**
   * Looks for the first source.
   *
   * @returns Whether the headers can be sent, or this node is to go upstream.
   * @throws the signal's reason, when the client goes away.
   */
  async begin(timeoutMs: number): Promise<"headers" | "upstream"> {
    const { span, signal } = this.#request;
    try {
      this.#first = await this.#open(span.start, undefined, deadline(timeoutMs, signal));
      return "headers";
    } catch (reason) {
      signal.throwIfAborted();
      if (isAbort(reason)) return "headers"; // somebody is about to get it: the body waits
      if (!(reason instanceof FlightLeftError)) throw reason;
      this.#yields = reason.turn.type === "yield";
      return this.#yields ? "headers" : "upstream";
    }
  }

  /** Makes the body. It fails where following ends, which ends the connection without all of its length. */
  body(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { path, seat, span } = this.#request;
    if (this.#yields) return this.#emptyBody();
    const { verifier, metrics } = this.#components;
    const bytes = metrics.bytes.labels("flight");
    const trace = beginSpan("peili.follow", { "peili.digest": path.digest, "peili.start": span.start });
    return verifiedBody(verifier, {
      digest: path.digest,
      start: span.start,
      total: span.size,
      reader: this.#first,
      reopen: (offset, reason) => this.#reopen(offset, reason),
      sources: () => this.#sources,
      onBytes: (count) => {
        bytes.inc(count);
        seat.received(count);
      },
      onEnd: (complete) => {
        endBodySpan(trace, { complete, sources: this.#sources });
        this.#ended.abort(new DOMException("The body ended", "AbortError"));
        seat.ended(complete);
      },
    }, { stallMs: Infinity });
  }

  #emptyBody(): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#request.seat.ended(false);
    return new ReadableStream({
      type: "bytes",
      start: (controller) => {
        setTimeout(() => controller.error(new Error("Another download of this node comes first")), EMPTY_BODY_MS);
      },
    });
  }

  async #reopen(offset: number, reason: unknown): Promise<BlobReader> {
    const { path, signal } = this.#request;
    signal.throwIfAborted(); // the client went away, which says nothing about the source
    const failure = this.#turn && !this.#turn.signal.aborted ? failureOf(reason) : undefined;
    if (failure) {
      logger.info("Member {peer} failed at byte {start} of {digest}: {reason}", {
        peer: this.#turn?.member.id,
        start: offset,
        digest: path.digest,
        reason: errorMessage(reason),
      });
    }
    const { metrics, exhausted } = this.#components;
    try {
      const reader = await this.#open(offset, failure, this.#ended.signal);
      if (this.#turns > 1) metrics.resumedBodies.inc();
      return reader;
    } catch (cause) {
      if (cause instanceof FlightLeftError && cause.turn.type === "give-up" && !signal.aborted) {
        exhausted.add(path.digest);
        metrics.exhaustedBodies.inc();
      }
      throw cause;
    }
  }

  async #open(offset: number, failure: SourceFailure | undefined, signal: AbortSignal): Promise<BlobReader> {
    const { seat, path } = this.#request;
    for (;;) {
      const turn = await seat.next(offset, { failure, signal });
      if (turn.type !== "read") throw new FlightLeftError(turn);
      if (++this.#turns > TURNS_MAX) throw new FlightLeftError({ type: "give-up", reason: "too many sources failed" });
      this.#turn = turn;
      try {
        const reader = await this.#read(turn, offset);
        this.#sources.add(turn.member.id);
        logger.debug("Reading {digest} from member {peer} at byte {start}", {
          digest: path.digest,
          peer: turn.member.id,
          start: offset,
          growing: turn.growing,
        });
        return reader;
      } catch (reason) {
        this.#ended.signal.throwIfAborted();
        failure = turn.signal.aborted ? undefined : failureOf(reason);
      }
    }
  }

  async #read({ member, signal }: Extract<SeatTurn, { type: "read" }>, start: number): Promise<BlobReader> {
    const { peers } = this.#components;
    const { path, span } = this.#request;
    const attempt = (peer: PeerListener, signal: AbortSignal) =>
      openBlobSource(peers.client, peer, path, { ...span, start, signal, flight: true });
    const { value } = await peers.fetch([member], attempt, {
      path,
      timeoutMs: ANSWER_TIMEOUT_MS,
      signal: AbortSignal.any([this.#ended.signal, signal]),
    });
    return value;
  }
}

function failureOf(reason: unknown): SourceFailure {
  const cause = reason instanceof CandidatesExhaustedError ? failureCause(reason) : reason;
  if (cause instanceof WrongAnswerError) return "bad";
  if (!(cause instanceof PeerResponseError)) return "lost";
  if (cause.status === 404) return "missing";
  return cause.status === 503 ? "full" : "lost";
}

/** The attempts of one member are its addresses: the last failure is as good as the others. */
function failureCause({ failures }: CandidatesExhaustedError): unknown {
  const last = failures.at(-1);
  return last instanceof CandidatesExhaustedError ? failureCause(last) : last;
}
