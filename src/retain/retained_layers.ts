import { getLogger } from "@logtape/logtape";
import type { CallOptions } from "../core/call_options.ts";
import { MINUTE_MS } from "../core/units.ts";
import type { Digest } from "../oci/digest.ts";
import { type ContentDescriber, ContentNotFoundError } from "../store/content_store.ts";
import type { IngestReader } from "../store/ingest.ts";
import type { ContentLeases } from "../store/leases.ts";
import type { FreeSpace } from "./free_space.ts";
import { LeaseSlices } from "./lease_slices.ts";
import { type RetainedLayer, RetainedSet } from "./retained_set.ts";

/** Why a layer is not kept any longer. */
export type ReleaseReason =
  /** It was kept for as long as it was to be, or its lease was removed by somebody. */
  | "expired"
  /** Others that were asked for later took its place. */
  | "limit"
  /** Too little of the file system was left. */
  | "space"
  /** It never came. */
  | "absent";

/** What {@linkcode RetainedLayers} works with. */
export interface RetainedLayersComponents {
  /** What keeps the layers. */
  leases: ContentLeases;
  /** Tells which of them are there, or on their way. */
  store: ContentDescriber & Pick<IngestReader, "ingest">;
  /** Tells how much is left of their file system; throws if that cannot be told. */
  freeSpace: (options: CallOptions) => Promise<FreeSpace>;
  /** Hears of every layer that is released. */
  released: (reason: ReleaseReason) => void;
}

/** How much is kept. */
export interface RetainedLayersOptions {
  /** How long a layer is kept after it was last asked for, in milliseconds. */
  durationMs: number;
  /** How much is kept at most, in bytes. */
  limitBytes: number;
  /** How much of the file system has to be left, in percent. */
  minFreePercent: number;
  /** The clock, in milliseconds since 1970. @default {Date.now} */
  now?: () => number;
}

/** A layer that neither came nor is on its way is given up after so long, in milliseconds. */
const ABSENT_MS = 5 * MINUTE_MS;

const logger = getLogger(["peili", "retain"]);

/** Keeps layers by leases, within bounds. One call at a time; each throws `StoreUnavailableError` if the store is away. */
export class RetainedLayers {
  readonly #components: RetainedLayersComponents;
  readonly #options: RetainedLayersOptions;
  readonly #now: () => number;
  readonly #slices: LeaseSlices;
  readonly #set = new RetainedSet();

  constructor(components: RetainedLayersComponents, options: RetainedLayersOptions) {
    this.#components = components;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#slices = new LeaseSlices(components.leases, options);
  }

  /** How much is kept. */
  get kept(): Pick<RetainedSet, "bytes" | "layers"> {
    return this.#set;
  }

  /**
   * Keeps a layer, and releases others to make room for it.
   *
   * @param sizeBytes Its size, where that is known.
   */
  async add(digest: Digest, sizeBytes: number | undefined, options: CallOptions = {}): Promise<void> {
    const known = this.#set.get(digest);
    const size = sizeBytes ?? known?.sizeBytes ?? 0;
    if (size > this.#options.limitBytes) return logger.debug("Not kept as it exceeds the limit: {digest}", { digest });
    if (!known && await this.#missingBytes(size, options) > 0) {
      return logger.debug("Not kept as too little space is left: {digest}", { digest });
    }
    this.#set.touch(digest);
    await this.#releaseOldest("limit", this.#excessBytes + size - (known?.sizeBytes ?? 0), options, digest);
    const lease = await this.#addToLease(digest, options);
    this.#set.put(digest, lease, { sizeBytes, nowMs: this.#now() });
  }

  /** Looks at everything: takes over what leases of an earlier run keep, and releases what has to go. */
  async sweep(options: CallOptions = {}): Promise<void> {
    await this.#followLeases(options);
    for (const [digest, layer] of this.#set.entries()) {
      if (!layer.present) await this.#look(digest, layer, options);
    }
    await this.#releaseOldest("limit", this.#excessBytes, options);
    await this.#releaseOldest("space", await this.#missingBytes(0, options), options);
  }

  get #excessBytes(): number {
    return this.#set.bytes - this.#options.limitBytes;
  }

  async #addToLease(digest: Digest, options: CallOptions): Promise<string> {
    const lease = await this.#slices.current(options);
    if (this.#set.get(digest)?.leases.has(lease)) return lease;
    try {
      await this.#components.leases.add(lease, digest, options);
      return lease;
    } catch (reason) {
      if (!(reason instanceof ContentNotFoundError)) throw reason;
    }
    this.#dropLease(lease); // somebody removed it
    const other = await this.#slices.current(options);
    await this.#components.leases.add(other, digest, options);
    return other;
  }

  async #followLeases(options: CallOptions): Promise<void> {
    const { leases } = this.#components;
    const present = new Map((await leases.list(options)).map((lease) => [lease.id, lease]));
    for (const { id } of this.#slices.list()) {
      if (!present.has(id)) this.#dropLease(id);
    }
    for (const lease of [...present.values()].sort((a, b) => a.expiresMs - b.expiresMs)) {
      if (lease.expiresMs <= this.#now()) {
        await leases.delete(lease.id, options); // containerd would, but only when it collects garbage
        this.#dropLease(lease.id);
      } else if (!this.#slices.has(lease.id)) {
        for (const digest of await leases.contents(lease.id, options)) {
          this.#set.put(digest, lease.id, { nowMs: this.#now() });
        }
        this.#slices.adopt(lease);
      }
    }
  }

  #dropLease(id: string): void {
    this.#slices.forget(id);
    for (const digest of this.#set.dropLease(id)) this.#released("expired", digest);
  }

  /** Finds out how large a layer is, and whether it came at all. */
  async #look(digest: Digest, { sinceMs }: RetainedLayer, options: CallOptions): Promise<void> {
    const { store } = this.#components;
    try {
      return this.#set.arrived(digest, (await store.describe(digest, options)).size);
    } catch (reason) {
      if (!(reason instanceof ContentNotFoundError)) throw reason;
    }
    const ingest = await store.ingest(digest, options);
    if (ingest?.total !== undefined) this.#set.resize(digest, ingest.total);
    else if (!ingest && this.#now() - sinceMs > ABSENT_MS) await this.#release("absent", digest, options);
  }

  /** Releases those that were asked for longest ago until so many bytes are released, or nothing is left. */
  async #releaseOldest(reason: ReleaseReason, bytes: number, options: CallOptions, but?: Digest): Promise<void> {
    let remaining = bytes;
    for (const [digest, { sizeBytes }] of this.#set.entries()) {
      if (remaining <= 0) return;
      if (digest === but) continue;
      await this.#release(reason, digest, options);
      remaining -= sizeBytes ?? 0;
    }
  }

  async #release(reason: ReleaseReason, digest: Digest, options: CallOptions): Promise<void> {
    for (const lease of this.#set.get(digest)?.leases ?? []) {
      await this.#components.leases.remove(lease, digest, options);
    }
    this.#set.delete(digest);
    this.#released(reason, digest);
  }

  #released(reason: ReleaseReason, digest: Digest): void {
    this.#components.released(reason);
    logger.debug("Not kept any longer: {digest}", { digest, reason });
  }

  /** Returns how many bytes would have to be freed once so many more are there. */
  async #missingBytes(moreBytes: number, options: CallOptions): Promise<number> {
    if (this.#options.minFreePercent === 0) return 0;
    const { availableBytes, totalBytes } = await this.#components.freeSpace(options);
    return totalBytes * this.#options.minFreePercent / 100 - availableBytes + moreBytes;
  }
}
