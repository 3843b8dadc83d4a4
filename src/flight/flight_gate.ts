/**
 * What the registry asks of flights: whether to go upstream, to read from others, or to wait.
 *
 * @module
 */
import type { CallOptions } from "../core/call_options.ts";
import type { Digest } from "../oci/digest.ts";
import type { Member } from "../routing/members.ts";
import type { FlightSubject } from "./flight_id.ts";

/** Content that a client of this node wants, and nobody is known to have. */
export interface FlightRequest extends CallOptions, FlightSubject {
  /** The first byte that is wanted. @default {0} */
  offset?: number;
  /** The size of the whole in bytes, where a manifest told it. */
  total?: number;
}

/** What to do about a request. */
export type FlightVerdict =
  /** No other member speaks the protocol: answer 404. */
  | { type: "alone" }
  /** Answer 404 now: this node fetches from upstream, and others follow it. */
  | { type: "lead" }
  /** These hold all of it, the best first. The node takes part without a seat: others may read its ingest. */
  | { type: "found"; members: Member[] }
  /** Somebody is fetching it. The seat must be ended, whatever happens. */
  | { type: "follow"; seat: Seat };

/** Why a source is not read any more. */
export type SourceFailure =
  /** It answered 404: it neither has the content nor is getting it. */
  | "missing"
  /** Its bytes or its total are wrong. */
  | "bad"
  /** It is not reached, broke off, or gives no byte though it should have some. */
  | "lost"
  /** It has no capacity left for now (503). */
  | "full";

/** What to do with a body now. */
export type SeatTurn =
  /**
   * Read from this member, from the byte that was asked about, until the end, a failure, or the signal.
   *
   * A member that is `growing` is still getting the content: it may go without a byte for as long as the signal does not
   * abort, which it does as soon as the member is known to be lost or somebody better should be read. One that is not
   * has all of it, and no excuse for going 10 s without a byte.
   */
  | { type: "read"; member: Member; growing: boolean; signal: AbortSignal }
  /**
   * Go upstream from this byte: answer 404 when no headers are sent, else end the body with FIN. The client opens
   * again at the byte it reached, and joining is answered `lead` then.
   */
  | { type: "lead" }
  /**
   * Send the headers and end the body with FIN without a byte: the client opens again, at the back of its queue, and
   * what this node leads gets its turn. Only ever said before the first byte.
   */
  | { type: "yield" }
  /** As `lead`, but for want of a source: nothing came for too long. */
  | { type: "give-up"; reason: string };

/** How {@linkcode Seat.next} is asked. */
export interface NextOptions extends CallOptions {
  /** Why the source of the turn before is not read any more; none when its signal aborted. */
  failure?: SourceFailure;
}

/** One body that follows a flight. */
export interface Seat {
  /** The size of the whole as others told it: to be compared with, never to be believed alone. */
  readonly total: number | undefined;
  /**
   * Tells what to do from a byte on. Waits for evidence, but never for longer than two minutes.
   *
   * Before headers are sent, a source is only named once it reports its ingest or has all of it. A caller that cannot
   * wait so long passes a signal; it may ask again afterwards, from the body, if it knows the length.
   *
   * @param offset The next byte that is needed.
   * @throws the signal's reason, once it aborts. The seat stays usable.
   */
  next(offset: number, options?: NextOptions): Promise<SeatTurn>;
  /** Notes bytes that were passed on to the client. */
  received(count: number): void;
  /**
   * Gives the seat back. Can be called twice.
   *
   * @param complete Whether the client was given everything.
   */
  ended(complete: boolean): void;
}

/** A node's side of all flights. */
export interface FlightGate {
  /**
   * Decides about a request, in 150 ms at most. When no coordinator can be asked, the verdict is `lead`.
   *
   * @throws the signal's reason, once it aborts; nothing else.
   */
  join(request: FlightRequest): Promise<FlightVerdict>;
  /** Notes that a member which should have had the content answered 404. */
  gone(member: string, subject: FlightSubject): void;
  /** Notes that a member gave wrong bytes. */
  bad(member: string, digest: Digest): void;
  /**
   * Notes that the client was given wrong bytes of this content: for ten minutes this node follows nobody for it, and
   * its ingest is not passed on.
   */
  suspect(digest: Digest): void;
  /** Returns whether the content is under suspicion: answer 404, even if somebody has it. */
  isSuspect(digest: Digest): boolean;
  /** Notes that what this node is getting cannot be verified as it passes, so that nobody should read it here. */
  withhold(digest: Digest): void;
  /** Returns whether this node takes part in a flight now whose ingest others may read here. */
  holds(digest: Digest): boolean;
}
