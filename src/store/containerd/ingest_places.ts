import { LRUCache } from "lru-cache";
import { SECOND_MS } from "../../core/units.ts";
import type { Digest } from "../../oci/digest.ts";

/** Where a download was found, and what does not change of it. */
export interface IngestPlace {
  /** Its directory. */
  path: string;
  /** How many bytes there will be. */
  total: number;
}

/** How a download that was found before is now. */
export interface KnownIngest extends IngestPlace {
  /** How many bytes have come. */
  offset: number;
  /** When its data was written to, in milliseconds since the epoch. */
  writtenMs: number;
}

/** How long a place is looked at alone, in milliseconds: the same content may come in elsewhere, and be further there. */
const PLACE_TTL_MS = 5 * SECOND_MS;
/** How many places are remembered: containerd downloads far less at once. */
const PLACES_MAX = 1_000;

/**
 * Remembers where downloads were found. Each one in progress is asked about several times a second, by everything that
 * follows it: a look at a place that is known is one call of the system, in place of a listing and four others.
 */
export class IngestPlaces {
  readonly #places = new LRUCache<Digest, IngestPlace>({ max: PLACES_MAX, ttl: PLACE_TTL_MS, ttlResolution: 0 });

  /** Notes where a download is. */
  add(digest: Digest, { path, total }: IngestPlace): void {
    this.#places.set(digest, { path, total });
  }

  /** Looks at a download where it was before; undefined if it is not known, or not there any more. */
  look(digest: Digest): KnownIngest | undefined {
    const place = this.#places.get(digest);
    if (!place) return undefined;
    const data = statIfThere(`${place.path}/data`);
    if (data) return { ...place, offset: data.size, writtenMs: data.mtime?.getTime() ?? Date.now() };
    this.#places.delete(digest);
  }
}

/** Of a file that is written right now the system knows all in memory: not worth the way to another thread and back. */
function statIfThere(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined; // whatever it is, the long way finds out
  }
}
