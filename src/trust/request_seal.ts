import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import { MINUTE_MS, SECOND_MS } from "../core/units.ts";
import { type AnswerSigner, answerSigner } from "./answer_seal.ts";
import type { SharedSecret } from "./cluster_secret.ts";

/** By how much the clocks of two nodes may differ, and how long a request may take to arrive, in milliseconds. */
const SKEW_MAX_MS = MINUTE_MS;
/** How many nonces are remembered: more requests than a node answers while a seal holds. */
const NONCES_MAX = 100_000;
/** What is signed begins with this, so that it can be taken for nothing else. */
const PURPOSE = "peili request 1";

/** What a seal vouches for. */
export interface SealedRequest {
  /** The method. */
  method: string;
  /** Path and query, as they are sent. */
  target: string;
  /** The `Range` header, if any. */
  range: string | null;
}

/** Proves that a request comes from a node that knows the cluster secret. */
export interface RequestSeal {
  /** When it was made, in whole seconds since 1970. */
  timeSeconds: number;
  /** Never used before. */
  nonce: string;
  /** The HMAC-SHA256 of all of it, in base64url. */
  signature: string;
}

/** Why a seal is not accepted. */
export type SealProblem = "forged" | "late" | "replayed";

/** What came of checking a seal: what is wrong with it, or what signs the answer. */
export type SealCheck = { problem: SealProblem } | { problem?: undefined; signer: AnswerSigner };

/** How a {@linkcode SealVerifier} is set. */
export interface SealVerifierOptions {
  /** Tells the time in milliseconds since 1970. @default {Date.now} */
  now?: () => number;
  /** How many nonces are remembered. @default {100_000} */
  maxNonces?: number;
}

const SEAL_REGEXP = /^(\d{1,12})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;

/** Writes a seal as one word that fits into a header or a query. */
export function formatSeal({ timeSeconds, nonce, signature }: RequestSeal): string {
  return `${timeSeconds}.${nonce}.${signature}`;
}

/** Reads a seal, or returns undefined for what is none. */
export function parseSeal(text: string): RequestSeal | undefined {
  const [, time, nonce, signature] = SEAL_REGEXP.exec(text) ?? [];
  if (time === undefined || nonce === undefined || signature === undefined) return undefined;
  return { timeSeconds: Number(time), nonce, signature };
}

/**
 * Seals a request for one peer.
 *
 * @param request What is going to be asked.
 * @param peer The id of the only node that accepts it.
 * @param nowMs The time there, in milliseconds since 1970.
 */
export function sealRequest(
  secret: SharedSecret,
  request: SealedRequest & { peer: string },
  nowMs: number = Date.now(),
): RequestSeal {
  const [key] = secret.keys;
  if (!key) throw new RangeError("Cannot seal a request: there is no secret");
  const seal = { timeSeconds: Math.floor(nowMs / SECOND_MS), nonce: randomBytes(16).toString("base64url") };
  return { ...seal, signature: mac(key, request, seal) };
}

/** Checks seals of requests to one node, and accepts each of them once. */
export class SealVerifier {
  readonly #secret: SharedSecret;
  readonly #peer: string;
  readonly #now: () => number;
  readonly #earliestSeconds: number;
  readonly #nonces: LRUCache<string, true>;

  /**
   * @param secret What the nodes share.
   * @param peer The id of this node.
   */
  constructor(secret: SharedSecret, peer: string, options: SealVerifierOptions = {}) {
    const { now = Date.now, maxNonces = NONCES_MAX } = options;
    this.#secret = secret;
    this.#peer = peer;
    this.#now = now;
    // What was accepted by the process before this one is not remembered, so nothing from its time is. The clock of
    // the asker is known to a second.
    this.#earliestSeconds = Math.floor(now() / SECOND_MS) - 1;
    this.#nonces = new LRUCache({ max: maxNonces, ttl: 2 * SKEW_MAX_MS + SECOND_MS, ttlResolution: 0 });
  }

  /** How many nonces are remembered. */
  get nonces(): number {
    return this.#nonces.size;
  }

  /** Checks a seal. One that is accepted is not accepted again. */
  check(request: SealedRequest, seal: RequestSeal): SealCheck {
    const sealed = { ...request, peer: this.#peer };
    // Every key is tried, so that the time tells nothing about which one it was.
    const [key] = this.#secret.keys.filter((key) => isEqual(mac(key, sealed, seal), seal.signature));
    if (!key) return { problem: "forged" };
    if (this.#isLate(seal)) return { problem: "late" };
    if (this.#nonces.has(seal.nonce)) return { problem: "replayed" };
    this.#nonces.set(seal.nonce, true);
    return { signer: answerSigner(key, { peer: this.#peer, nonce: seal.nonce }) };
  }

  /** Returns what is wrong with a seal, if anything. One that is accepted is not accepted again. */
  problem(request: SealedRequest, seal: RequestSeal): SealProblem | undefined {
    return this.check(request, seal).problem;
  }

  #isLate({ timeSeconds }: RequestSeal): boolean {
    return timeSeconds < this.#earliestSeconds || Math.abs(timeSeconds * SECOND_MS - this.#now()) > SKEW_MAX_MS;
  }
}

function mac(
  key: Uint8Array,
  { method, target, range, peer }: SealedRequest & { peer: string },
  { timeSeconds, nonce }: Omit<RequestSeal, "signature">,
): string {
  // JSON keeps the parts apart, whatever is in them.
  const text = JSON.stringify([PURPOSE, method, target, range, peer, timeSeconds, nonce]);
  return createHmac("sha256", key).update(text).digest("base64url");
}

/** Compares in a time that tells nothing about where the difference is. */
function isEqual(expected: string, given: string): boolean {
  const encoder = new TextEncoder();
  const [left, right] = [encoder.encode(expected), encoder.encode(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}
