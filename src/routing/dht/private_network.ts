import { createHmac, randomBytes } from "node:crypto";
import type { AbortOptions, ConnectionProtector, MultiaddrConnection } from "@libp2p/interface";
import { byteStream } from "@libp2p/utils";
import { getLogger } from "@logtape/logtape";
import { deadline } from "../../core/deadline.ts";
import { errorMessage } from "../../core/errors.ts";
import { Seldom } from "../../core/seldom.ts";
import { KIB, SECOND_MS } from "../../core/units.ts";
import type { SharedSecret } from "../../trust/cluster_secret.ts";
import { BoxConnection } from "./box_connection.ts";
import { KeyStream, NONCE_BYTES } from "./key_stream.ts";
import { parsePeerAddress } from "./peer_address.ts";

/** What the keys of the network are derived with, so that they are good for nothing else. */
const PURPOSE = "peili network 1";
/** What whoever dials sends first, with its length before it: by it a key shows that it is the right one. */
const HELLO = new TextEncoder().encode("\x13/multistream/1.0.0\n");
/** How long the other side may take to show that it knows the secret, in milliseconds. */
const PROOF_TIMEOUT_MS = 10 * SECOND_MS;
/** More than this is not read before the other side has shown it, in bytes. */
const UNPROVEN_MAX_BYTES = 64 * KIB;

const logger = getLogger(["peili", "routing"]);

/** How a {@linkcode PrivateNetwork} is set. */
export interface PrivateNetworkOptions {
  /** Hears of each connection of somebody who does not know the secret. @default nobody does */
  onRefused?: () => void;
  /** How long the other side may take to show that it knows it, in milliseconds. @default {10_000} */
  proofTimeoutMs?: number;
}

/** How {@linkcode PrivateNetwork.protect} is called. */
export interface ProtectOptions extends AbortOptions {
  /** Told when it begins: the other machine is there then. */
  onProgress?(event: CustomEvent): void;
}

/** The event that tells so. */
const PROTECTING = "private-network:protect-connection";

/** Thrown for somebody who does not know the cluster secret. */
export class ForeignPeerError extends Error {
  override name = "ForeignPeerError";
}

/**
 * A private network of libp2p, on the wire the library's own: both sides send a nonce, and what follows is enciphered with the
 * shared key. The library knows one key; here two are accepted, so that the secret can be changed node by node.
 *
 * Whoever dials uses the first key. Whoever is dialled learns which one it is from the first bytes, and answers with the same.
 */
export class PrivateNetwork implements ConnectionProtector {
  readonly [Symbol.toStringTag] = "@peili/private-network";
  readonly #secret: SharedSecret;
  readonly #options: PrivateNetworkOptions;
  readonly #said = new Seldom();
  #derived: { from: SharedSecret["keys"]; keys: Uint8Array[] } = { from: [], keys: [] };

  constructor(secret: SharedSecret, options: PrivateNetworkOptions = {}) {
    this.#secret = secret;
    this.#options = options;
  }

  /**
   * Makes a private connection of a new one.
   *
   * @throws {ForeignPeerError} If the other side does not know the secret.
   * @throws {Error} If the connection ends, or the other side takes too long.
   */
  async protect(connection: MultiaddrConnection, options: ProtectOptions = {}): Promise<MultiaddrConnection> {
    const { proofTimeoutMs = PROOF_TIMEOUT_MS } = this.#options;
    options.onProgress?.(new CustomEvent(PROTECTING));
    const signal = deadline(proofTimeoutMs, options.signal);
    try {
      return await this.#protect(connection, signal);
    } catch (reason) {
      if (reason instanceof ForeignPeerError) this.#refused(connection, reason);
      connection.abort(reason instanceof Error ? reason : new Error(errorMessage(reason)));
      throw reason;
    }
  }

  async #protect(connection: MultiaddrConnection, signal: AbortSignal): Promise<MultiaddrConnection> {
    const dials = connection.direction === "outbound";
    const ownNonce = randomBytes(NONCE_BYTES);
    const bytes = byteStream(connection, { maxBufferSize: UNPROVEN_MAX_BYTES });
    const [given] = await Promise.all([bytes.read({ bytes: NONCE_BYTES, signal }), bytes.write(ownNonce, { signal })]);
    const nonce = given.subarray();
    if (startsWith(nonce, HELLO)) throw new ForeignPeerError("it has no cluster secret");
    const hello = dials ? undefined : (await bytes.read({ bytes: HELLO.length, signal })).subarray();
    const key = hello ? this.#keyOf(nonce, hello) : this.#keys()[0];
    if (!key) throw new ForeignPeerError("it has another cluster secret");
    bytes.unwrap();
    if (hello) connection.unshift(hello); // before what followed it
    return new BoxConnection({
      connection,
      inbound: new KeyStream(key, nonce),
      outbound: new KeyStream(key, ownNonce),
      holds: () => this.#keys().some((held) => startsWith(held, key)),
    });
  }

  #keyOf(nonce: Uint8Array, hello: Uint8Array): Uint8Array | undefined {
    return this.#keys().find((key) => startsWith(new KeyStream(key, nonce).next(hello), HELLO));
  }

  /** The keys change when the secret does. */
  #keys(): readonly Uint8Array[] {
    const { keys } = this.#secret;
    if (this.#derived.from !== keys) this.#derived = { from: keys, keys: keys.map(networkKey) };
    return this.#derived.keys;
  }

  #refused({ remoteAddr, direction }: MultiaddrConnection, reason: ForeignPeerError): void {
    if (direction === "inbound") this.#options.onRefused?.();
    const address = parsePeerAddress(remoteAddr)?.ip ?? String(remoteAddr);
    if (!this.#said.isNews(address)) return;
    logger.warn("Not talking to {address}: {reason}", { address, direction, reason: reason.message });
  }
}

/** Returns the key of libp2p's private network that belongs to a secret. */
export function networkKey(secret: Uint8Array): Uint8Array {
  return createHmac("sha256", secret).update(PURPOSE).digest();
}

function startsWith(bytes: Uint8Array, beginning: Uint8Array): boolean {
  return beginning.every((byte, at) => bytes[at] === byte);
}
