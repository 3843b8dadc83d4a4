import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import * as v from "valibot";
import type { CallOptions } from "../core/call_options.ts";
import { errorMessage } from "../core/errors.ts";
import { HOUR_MS, KIB, MINUTE_MS } from "../core/units.ts";
import type { BootstrapCandidate, Bootstrapper } from "./bootstrapper.ts";

/** The file in the data directory. */
const FILE_NAME = "peers.json";
/** How many peers are remembered: one of them being alive is enough. */
const PEERS_MAX = 64;
/** How many addresses of one peer are remembered. */
const ADDRS_MAX = 8;
/** The longest file that is read: some times what is written. */
const FILE_MAX_BYTES = 256 * KIB;
/** How long a peer is remembered after it was last seen: a cluster that is off over holidays finds together again. */
const AGE_MAX_MS = 14 * 24 * HOUR_MS;
/** How often what is known is written down. */
const SAVE_INTERVAL_MS = 5 * MINUTE_MS;

const PEERS_SCHEMA = v.array(v.object({
  id: v.pipe(v.string(), v.maxLength(128)),
  addrs: v.array(v.pipe(v.string(), v.maxLength(256))),
  seenMs: v.number(),
}));

/** A peer, and when it was last known to be there, in milliseconds since 1970. */
type SeenPeer = v.InferOutput<typeof PEERS_SCHEMA>[number];

const logger = getLogger(["peili", "bootstrap"]);

/** How a {@linkcode PeerMemory} is kept. */
export interface PeerMemoryOptions {
  /** The directory of the file; without one nothing outlives the process. */
  dataDir?: string;
  /** Tells the time in milliseconds since 1970. @default {Date.now} */
  now?: () => number;
}

/**
 * Remembers peers over a restart, and names them beside those that another bootstrapper finds.
 *
 * A node that starts while the name service is down joins by them. What cannot be read or written is done without.
 */
export class PeerMemory implements Bootstrapper, AsyncDisposable {
  readonly #inner: Bootstrapper;
  readonly #path: string | undefined;
  readonly #now: () => number;
  #remembered: readonly SeenPeer[] | undefined;
  #peers: () => readonly BootstrapCandidate[] = () => [];
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param inner The configured bootstrapper. */
  constructor(inner: Bootstrapper, options: PeerMemoryOptions = {}) {
    const { dataDir, now = Date.now } = options;
    this.#inner = inner;
    this.#path = dataDir === undefined ? undefined : join(dataDir, FILE_NAME);
    this.#now = now;
  }

  /** The kind of the configured bootstrapper. */
  get name(): string {
    return this.#inner.name;
  }

  /**
   * Names what the configured bootstrapper finds, then what is remembered.
   *
   * @throws what the configured bootstrapper throws, when nothing is remembered either.
   */
  async candidates(options: CallOptions = {}): Promise<readonly BootstrapCandidate[]> {
    this.#remembered ??= await this.#load();
    const oldestMs = this.#now() - AGE_MAX_MS;
    const remembered = this.#remembered.filter(({ seenMs }) => seenMs >= oldestMs);
    try {
      return [...await this.#inner.candidates(options), ...remembered];
    } catch (reason) {
      if (remembered.length === 0) throw reason;
      return remembered;
    }
  }

  /** From now on writes down who is there, every few minutes and at the end. */
  keep(peers: () => readonly BootstrapCandidate[]): void {
    if (this.#path === undefined) return;
    this.#peers = peers;
    this.#timer = setInterval(() => this.#save(), SAVE_INTERVAL_MS);
  }

  /** Writes down who is there. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    if (this.#timer !== undefined) await this.#save();
  }

  async #load(): Promise<readonly SeenPeer[]> {
    if (this.#path === undefined) return [];
    try {
      const { size } = await Deno.stat(this.#path);
      if (size > FILE_MAX_BYTES) throw new RangeError(`it has ${size} bytes, more than ${FILE_MAX_BYTES}`);
      const peers = v.parse(PEERS_SCHEMA, JSON.parse(await Deno.readTextFile(this.#path)));
      return peers.slice(0, PEERS_MAX);
    } catch (reason) {
      if (!(reason instanceof Deno.errors.NotFound)) {
        logger.warn('Cannot use "{path}": {error}', { path: this.#path, error: errorMessage(reason) });
      }
      return [];
    }
  }

  /** Those that are there now come first; those of before stay while there is room and they are not too old. */
  async #save(): Promise<void> {
    const nowMs = this.#now();
    const seen = this.#peers().flatMap(({ id, addrs }) =>
      id === undefined ? [] : [{ id, addrs: addrs.slice(0, ADDRS_MAX), seenMs: nowMs }]
    );
    const before = (this.#remembered ?? []).filter(({ id, seenMs }) =>
      seenMs >= nowMs - AGE_MAX_MS && !seen.some((peer) => peer.id === id)
    );
    this.#remembered = [...seen, ...before].slice(0, PEERS_MAX);
    const temporary = `${this.#path}.tmp`;
    try {
      await Deno.writeTextFile(temporary, JSON.stringify(this.#remembered), { mode: 0o600 });
      await Deno.rename(temporary, this.#path ?? "");
    } catch (reason) {
      logger.warn('Cannot write "{path}": {error}', { path: this.#path, error: errorMessage(reason) });
    }
  }
}
