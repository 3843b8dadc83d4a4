import { LRUCache } from "lru-cache";
import type { CallOptions } from "../core/call_options.ts";
import type { Digest } from "../oci/digest.ts";
import { type Descriptor, manifestChildren } from "../oci/manifest.ts";
import { MEDIA_TYPE, sniffMediaType } from "../oci/media_type.ts";

/** What the bytes of a blob tell of it. */
export interface Inspection {
  /** The type of a manifest or index, `application/octet-stream` for everything else. */
  mediaType: string;
  /** What a manifest or index refers to. */
  children: readonly Descriptor[];
}

/** Reads blobs that may be manifests. */
export interface ManifestReader {
  /**
   * Reads a whole blob.
   *
   * @returns The bytes, or `undefined` for a blob that cannot be a manifest: too large, or no JSON object.
   * @throws {ContentNotFoundError} If the store does not hold it.
   */
  readManifest(digest: Digest, options?: CallOptions): Promise<Uint8Array | undefined>;
}

/** How much a {@linkcode BlobInspector} remembers. */
export interface BlobInspectorOptions {
  /** How many blobs are remembered. @default {10_000} */
  maxEntries?: number;
}

/** How many blobs are inspected at once: enough to keep a disk busy, and few enough that requests get their turn. */
const CONCURRENT_INSPECTIONS = 2;

const NO_MANIFEST: Inspection = { mediaType: MEDIA_TYPE.octetStream, children: [] };

/** Finds out which blobs are manifests, and remembers it, as the bytes behind a digest never change. */
export class BlobInspector {
  readonly #reader: ManifestReader;
  readonly #known: LRUCache<Digest, Inspection>;

  /** @param reader Asked once for each blob that is not remembered. */
  constructor(reader: ManifestReader, options: BlobInspectorOptions = {}) {
    this.#reader = reader;
    this.#known = new LRUCache({ max: options.maxEntries ?? 10_000 });
  }

  /**
   * Inspects a blob.
   *
   * @throws {ContentNotFoundError} If the store does not hold it.
   */
  async inspect(digest: Digest, options: CallOptions = {}): Promise<Inspection> {
    const known = this.#known.get(digest);
    if (known) return known;
    const bytes = await this.#reader.readManifest(digest, options);
    if (!bytes) return this.#remember(digest, NO_MANIFEST);
    const mediaType = sniffMediaType(bytes);
    if (mediaType !== MEDIA_TYPE.octetStream) {
      return this.#remember(digest, { mediaType, children: manifestChildren(bytes) });
    }
    // Broken JSON may be a file that is still being written, in a layout that is filled in place.
    return isJson(bytes) ? this.#remember(digest, NO_MANIFEST) : NO_MANIFEST;
  }

  /** Inspects many blobs; those that cannot be read are left out. */
  async inspectAll(digests: Iterable<Digest>, options: CallOptions = {}): Promise<Map<Digest, Inspection>> {
    const found = new Map<Digest, Inspection>();
    const queue = digests[Symbol.iterator]();
    const work = async () => {
      for (let next = queue.next(); !next.done; next = queue.next()) {
        const inspection = await this.inspect(next.value, options).catch(() => undefined);
        options.signal?.throwIfAborted();
        if (inspection) found.set(next.value, inspection);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT_INSPECTIONS }, work));
    return found;
  }

  #remember(digest: Digest, inspection: Inspection): Inspection {
    this.#known.set(digest, inspection);
    return inspection;
  }
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder().decode(bytes));
    return true;
  } catch {
    return false;
  }
}
