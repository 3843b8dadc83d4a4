import type { Digest } from "../oci/digest.ts";

/** A layer that is kept. */
export interface RetainedLayer {
  /** Its size in bytes, as far as it is known. */
  sizeBytes: number | undefined;
  /** The leases that keep it. */
  leases: ReadonlySet<string>;
  /** Whether it has been seen in the store. */
  present: boolean;
  /** When it was first kept, in milliseconds since 1970. */
  sinceMs: number;
}

/** Which layers are kept, in the order in which they were last asked for. It only keeps the books. */
export class RetainedSet {
  readonly #layers = new Map<Digest, RetainedLayer & { leases: Set<string> }>();
  #bytes = 0;

  /** How many bytes are kept, of the layers whose size is known. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many layers are kept. */
  get layers(): number {
    return this.#layers.size;
  }

  /** Returns what is known of a layer, if it is kept. */
  get(digest: Digest): RetainedLayer | undefined {
    return this.#layers.get(digest);
  }

  /** Lists the layers; the one that was asked for longest ago comes first. */
  entries(): [Digest, RetainedLayer][] {
    return [...this.#layers];
  }

  /** Notes that a layer was asked for. Returns whether it is kept. */
  touch(digest: Digest): boolean {
    const layer = this.#layers.get(digest);
    if (!layer) return false;
    this.#layers.delete(digest);
    this.#layers.set(digest, layer);
    return true;
  }

  /** Notes that a lease keeps a layer, which was asked for just now. */
  put(digest: Digest, lease: string, { sizeBytes, nowMs }: { sizeBytes?: number; nowMs: number }): void {
    if (!this.touch(digest)) {
      this.#layers.set(digest, { sizeBytes: undefined, leases: new Set(), present: false, sinceMs: nowMs });
    }
    this.#layers.get(digest)?.leases.add(lease);
    if (sizeBytes !== undefined) this.resize(digest, sizeBytes);
  }

  /** Notes that a layer was seen in the store. */
  arrived(digest: Digest, sizeBytes: number): void {
    const layer = this.#layers.get(digest);
    if (layer) layer.present = true;
    this.resize(digest, sizeBytes);
  }

  /** Notes the size of a layer that is kept. */
  resize(digest: Digest, sizeBytes: number): void {
    const layer = this.#layers.get(digest);
    if (!layer) return;
    this.#bytes += sizeBytes - (layer.sizeBytes ?? 0);
    layer.sizeBytes = sizeBytes;
  }

  /** Forgets a layer. */
  delete(digest: Digest): void {
    this.#bytes -= this.#layers.get(digest)?.sizeBytes ?? 0;
    this.#layers.delete(digest);
  }

  /** Forgets a lease, and returns the layers that are no longer kept by any. */
  dropLease(lease: string): Digest[] {
    const dropped: Digest[] = [];
    for (const [digest, { leases }] of [...this.#layers]) {
      if (!leases.delete(lease) || leases.size > 0) continue;
      this.delete(digest);
      dropped.push(digest);
    }
    return dropped;
  }
}
