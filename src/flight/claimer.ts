import { LRUCache } from "lru-cache";
import { SECOND_MS } from "../core/units.ts";
import type { Digest } from "../oci/digest.ts";
import type { Member, Membership, Messenger } from "../routing/members.ts";
import { type Clock, withinMs } from "./clock.ts";
import type { Coordinator, Wake } from "./coordinator.ts";
import {
  type Answer,
  type Claim,
  decodeAnswer,
  decodeMessage,
  decodeRecollection,
  encodeAnswer,
  encodeMessage,
  encodeRecollection,
  FLIGHT_PROTOCOL,
  type FlightMessage,
} from "./wire/flight_message.ts";

/** What {@linkcode Claimer} works with. */
export interface ClaimerComponents {
  /** Knows who coordinates what, and talks to them. */
  members: Membership & Messenger;
  /** Coordinates what this node is the closest to. */
  coordinator: Coordinator;
  /** The time. */
  clock: Clock;
  /** Hears that there is news of a flight for this node. */
  onWake: (digest: Digest) => void;
  /** Hears that something is coordinated here, which will expire. */
  onDecided: () => void;
}

/** An answer, and whose it is. */
export interface ClaimResult {
  /** What the coordinator says. */
  answer: Answer;
  /** Who was asked. */
  by: string;
}

/** How many members are tried: the closest, and those that take its place. */
const CANDIDATES = 3;
/**
 * The share of the time that is left which each candidate may take. The second one must have enough to find for itself
 * that the first is not there, and to ask others what that one knew.
 */
const CANDIDATE_SHARES = [0.55, 0.85, 1];
/** How long a claim that is passed on may take, in milliseconds: a part of what the asker waits. */
const FORWARD_JOIN_TIMEOUT_MS = 200;
const FORWARD_TIMEOUT_MS = 600;
/** How long telling a member that there is news may take, in milliseconds. */
const WAKE_TIMEOUT_MS = SECOND_MS;
/** How long those that coordinated a digest before are waited for, in milliseconds: a part of what the asker waits. */
const RECALL_TIMEOUT_MS = 100;
/** How long a member that did not answer is asked after the others, in milliseconds. */
const UNREACHABLE_MS = 5 * SECOND_MS;

/** Brings claims to whoever coordinates the digest, and answers those that come here. */
export class Claimer {
  readonly #components: ClaimerComponents;
  readonly #unreachable: LRUCache<string, true>;
  readonly #recalls = new Map<Digest, Promise<unknown>>();

  constructor(components: ClaimerComponents) {
    this.#components = components;
    const perf = { now: () => components.clock.nowMs() };
    this.#unreachable = new LRUCache({ max: 1_000, ttl: UNREACHABLE_MS, ttlResolution: 0, perf });
  }

  /**
   * Claims at the closest member that can be asked.
   *
   * @returns undefined when nobody answers in time.
   */
  async claim(claim: Claim, { timeoutMs }: { timeoutMs: number }): Promise<ClaimResult | undefined> {
    const { clock } = this.#components;
    const endMs = clock.nowMs() + timeoutMs;
    const candidates = this.#candidates(claim.digest);
    for (const [index, { id }] of candidates.entries()) {
      const leftMs = endMs - clock.nowMs();
      if (leftMs <= 0) return undefined;
      const share = index + 1 < candidates.length ? CANDIDATE_SHARES[index] ?? 1 : 1;
      const answer = await this.#ask(id, claim, share * leftMs);
      if (answer) return { answer, by: id };
    }
    return undefined;
  }

  /**
   * Answers a message of another member.
   *
   * @throws {SyntaxError} If it is malformed.
   */
  async respond(bytes: Uint8Array, from: string): Promise<Uint8Array> {
    const message = decodeMessage(bytes);
    if (message.kind === "wake") {
      this.#components.onWake(message.digest);
      return new Uint8Array();
    }
    if (message.kind === "recall") return encodeRecollection(this.#components.coordinator.recollect(message.digest));
    const { claim } = message;
    const asker = claim.origin ?? from;
    const recalled = this.#recall(claim, asker); // while it is passed on: there is not the time for one after the other
    const answer = await this.#forwarded(claim, from);
    if (answer) return encodeAnswer(answer);
    await recalled;
    return encodeAnswer(this.#decide(asker, claim));
  }

  /** Tells members that there is news for them. */
  wake(wakes: readonly Wake[]): void {
    const { members, onWake } = this.#components;
    for (const { digest, member } of wakes) {
      if (member === members.self().id) onWake(digest);
      // Who cannot be told finds out when it claims again.
      else this.#request(member, { kind: "wake", digest }, WAKE_TIMEOUT_MS).catch(() => {});
    }
  }

  /** Returns who may coordinate, the closest first, those that did not answer a moment ago at the end. */
  #candidates(digest: Digest) {
    const closest = this.#closest(digest);
    const isLate = ({ id }: { id: string }) => this.#unreachable.has(id);
    return [...closest.filter((member) => !isLate(member)), ...closest.filter(isLate)];
  }

  #closest(digest: Digest): Member[] {
    return this.#components.members.closestMembers(digest, { protocol: FLIGHT_PROTOCOL, count: CANDIDATES });
  }

  async #ask(id: string, claim: Claim, timeoutMs: number): Promise<Answer | undefined> {
    const self = this.#components.members.self().id;
    if (id === self) {
      await this.#recall(claim, claim.origin ?? self);
      return this.#decide(claim.origin ?? self, claim);
    }
    try {
      const bytes = await this.#request(id, { kind: "claim", claim }, timeoutMs);
      this.#unreachable.delete(id);
      return decodeAnswer(bytes);
    } catch {
      this.#unreachable.set(id, true);
      return undefined;
    }
  }

  /** Passes a claim on, once, to a member that is closer to the digest. */
  async #forwarded(claim: Claim, from: string): Promise<Answer | undefined> {
    const { members } = this.#components;
    if (claim.origin !== undefined) return undefined;
    const [closest] = this.#candidates(claim.digest);
    if (!closest || closest.id === members.self().id || closest.id === from) return undefined;
    const timeoutMs = claim.join ? FORWARD_JOIN_TIMEOUT_MS : FORWARD_TIMEOUT_MS;
    return await this.#ask(closest.id, { ...claim, origin: from }, timeoutMs);
  }

  #decide(from: string, claim: Claim): Answer {
    const { coordinator, onDecided } = this.#components;
    const { answer, wake } = coordinator.claim(from, claim);
    this.wake(wake);
    onDecided();
    return answer;
  }

  /**
   * Asks those that coordinated a digest before this node came, or was found, what they know: else a node that joins in
   * the middle of a flight and is the closest to its digest would be told, by itself, to fetch everything again.
   */
  async #recall({ digest, join }: Claim, asker: string): Promise<void> {
    if (!join || this.#components.coordinator.knows(digest)) return;
    const known = this.#recalls.get(digest);
    if (known) {
      await known;
      return;
    }
    const asking = this.#recallFrom(this.#others(digest, asker), digest);
    this.#recalls.set(digest, asking);
    await asking;
    this.#recalls.delete(digest);
  }

  /** Returns who may have coordinated a digest before, and whether it would be asked before this node. */
  #others(digest: Digest, asker: string): { id: string; closer: boolean }[] {
    const self = this.#components.members.self().id;
    const ids = this.#closest(digest).map(({ id }) => id);
    const own = ids.indexOf(self);
    const others = ids.map((id, index) => ({ id, closer: own < 0 || index < own }));
    return others.filter(({ id }) => id !== self && id !== asker);
  }

  async #recallFrom(others: readonly { id: string; closer: boolean }[], digest: Digest): Promise<void> {
    const { coordinator } = this.#components;
    let unsure = false;
    await Promise.all(others.map(async ({ id, closer }) => {
      try {
        const bytes = await this.#request(id, { kind: "recall", digest }, RECALL_TIMEOUT_MS);
        coordinator.adopt(digest, decodeRecollection(bytes));
      } catch {
        unsure ||= closer;
      }
    }));
    // Whoever would have been asked cannot be: members of a flight that it knew are about to fall back on this node.
    if (unsure) coordinator.expectMembers(digest);
  }

  #request(id: string, message: FlightMessage, timeoutMs: number): Promise<Uint8Array> {
    const { members, clock } = this.#components;
    const bytes = encodeMessage(message);
    return withinMs(clock, timeoutMs, (signal) => members.request(id, FLIGHT_PROTOCOL, bytes, { signal }));
  }
}
