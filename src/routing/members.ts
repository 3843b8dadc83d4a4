/**
 * The ports of membership: who else runs Peili in this cluster, and how to say something to one of them.
 *
 * @module
 */
import type { CallOptions } from "../core/call_options.ts";

/** A node of Peili, as it told of itself. */
export interface Member {
  /** The node's libp2p peer id. */
  id: string;
  /** Its peer listeners, as `host:port` with IPv6 in brackets, the likeliest to work first. At least one. */
  hosts: readonly string[];
  /** Where it stands, such as an availability zone. Empty when it does not say. */
  zone: string;
  /** The protocols that it answers, with their versions: `/peili/flight/1`. */
  protocols: readonly string[];
  /** How busy it is with uploads, from 0 (idle) to 1 (full). */
  load: number;
}

/** Which members {@linkcode Membership.closestMembers} chooses from. */
export interface ClosestOptions {
  /** Only those that answer this protocol. */
  protocol: string;
  /** The most that are returned. */
  count: number;
}

/** Knows the nodes of Peili: all of them, in clusters of up to about 500. */
export interface Membership {
  /** This node itself. */
  self(): Member;
  /** Returns the other nodes that may be there, whether connected now or not. */
  members(): Iterable<Member>;
  /** Returns another node by its id, while it may be there. */
  member(id: string): Member | undefined;
  /** Returns the nodes closest to a content key in the DHT's metric, this one included, the closest first. */
  closestMembers(key: string, options: ClosestOptions): Member[];
  /** Has a function told of each member that is gone, until the signal aborts. */
  onMemberGone(listener: (id: string) => void, options: { signal: AbortSignal }): void;
}

/**
 * Answers a message of another member.
 *
 * @param from The sender's peer id, which the connection proves.
 * @throws anything, for a message that is malformed: the sender is given no answer.
 */
export type Responder = (message: Uint8Array, from: string) => Uint8Array | Promise<Uint8Array>;

/** Talks to single members: one message there, one back. */
export interface Messenger {
  /**
   * Sends a message to a member and returns the answer, over a stream that stays open.
   *
   * @param protocol The protocol, with its version.
   * @throws {Error} If the member is not known or not reached, or does not answer in time (two seconds at most).
   */
  request(member: string, protocol: string, message: Uint8Array, options?: CallOptions): Promise<Uint8Array>;
  /** Answers messages of a protocol from now on, and names it among the protocols of this node. */
  respond(protocol: string, responder: Responder): Disposable;
}

/** The longest message and the longest answer, in bytes. */
export const MEMBER_MESSAGE_MAX_BYTES: number = 64 * 1024;
