import type { Metrics } from "../metrics/metrics.ts";
import { FairRate } from "./fair_rate.ts";
import { pacedBody } from "./paced_body.ts";

/** How many bodies are sent to other nodes at once: each one takes some 1.5 MiB of buffers. */
const UPLOADS_MAX = 32;
/** Which share of the places anybody may take; the others are for peers that have less than their part. */
const OPEN_SHARE = 0.75;

/** What {@linkcode Uploads} works with. */
export interface UploadsComponents {
  /** Counts those that are refused. */
  metrics: Metrics;
}

/** How much a node gives to others. */
export interface UploadsOptions {
  /** How many bodies are sent at once. @default {32} */
  max?: number;
  /** How many bytes per second all of them together may take. @default as many as go */
  bytesPerSecond?: number;
}

/** A body that is sent to a peer. Disposing of it gives its place to somebody else. */
export interface Upload extends Disposable {
  /** Returns the answer with its body sent no faster than the peer's share allows. */
  paced(response: Response): Response;
}

/** Bounds what this node gives to other nodes, and divides it among those that ask. Its own clients are not bounded. */
export class Uploads {
  readonly #metrics: Metrics;
  readonly #max: number;
  readonly #rate: FairRate | undefined;
  readonly #byPeer = new Map<string, number>();
  #count = 0;

  /** @throws {RangeError} If an option is out of range. */
  constructor({ metrics }: UploadsComponents, options: UploadsOptions = {}) {
    const { max = UPLOADS_MAX, bytesPerSecond } = options;
    if (!(Number.isInteger(max) && max > 0)) {
      throw new RangeError(`Cannot upload as max must be an integer > 0: current value is ${max}`);
    }
    if (bytesPerSecond !== undefined && !(bytesPerSecond > 0)) {
      throw new RangeError(`Cannot upload as bytesPerSecond must be > 0: current value is ${bytesPerSecond}`);
    }
    this.#metrics = metrics;
    this.#max = max;
    this.#rate = bytesPerSecond === undefined ? undefined : new FairRate(bytesPerSecond);
  }

  /** How many bodies are being sent. */
  get count(): number {
    return this.#count;
  }

  /** How busy this node is with uploads, from 0 (idle) to 1 (full). */
  load(): number {
    return Math.max(this.#count / this.#max, this.#rate?.used ?? 0);
  }

  /** Returns whether a peer could take a place now. */
  hasRoomFor(peer: string): boolean {
    const own = this.#byPeer.get(peer) ?? 0;
    const peers = this.#byPeer.size + (own === 0 ? 1 : 0);
    const open = this.#count < Math.ceil(this.#max * OPEN_SHARE) || own < Math.ceil(this.#max / peers);
    return this.#count < this.#max && open;
  }

  /**
   * Takes a place for a peer.
   *
   * @param peer Whoever asks, by its address.
   * @returns Nothing when this node is full, or when the peer has its part and others may want the rest.
   */
  admit(peer: string): Upload | undefined {
    const own = this.#byPeer.get(peer) ?? 0;
    if (!this.hasRoomFor(peer)) {
      this.#metrics.refusedUploads.inc();
      return undefined;
    }
    this.#count++;
    this.#byPeer.set(peer, own + 1);
    let over = false;
    return {
      paced: (response) => this.#paced(peer, response),
      [Symbol.dispose]: () => {
        if (over) return;
        over = true;
        this.#release(peer);
      },
    };
  }

  #paced(peer: string, response: Response): Response {
    const rate = this.#rate;
    if (!rate || !response.ok || !response.body) return response;
    const mayPass = (bytes: number, signal: AbortSignal) => rate.take(peer, bytes, { signal });
    return new Response(pacedBody(response.body, { pieceBytes: rate.pieceBytes, mayPass }), response);
  }

  #release(peer: string): void {
    this.#count--;
    const left = (this.#byPeer.get(peer) ?? 1) - 1;
    if (left > 0) this.#byPeer.set(peer, left);
    else this.#byPeer.delete(peer);
  }
}
