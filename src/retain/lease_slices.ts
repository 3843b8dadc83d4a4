import type { CallOptions } from "../core/call_options.ts";
import { SECOND_MS } from "../core/units.ts";
import type { ContentLeases, Lease } from "../store/leases.ts";

/** How {@linkcode LeaseSlices} cuts time. */
export interface LeaseSlicesOptions {
  /** How long a layer is kept at least, in milliseconds. */
  durationMs: number;
  /** The clock, in milliseconds since 1970. @default {Date.now} */
  now?: () => number;
}

/** Into how many slices the duration is cut: a layer is kept for at most an eighth longer than it has to be. */
const SLICES = 8;
/** The shortest slice, in milliseconds. */
const SLICE_MIN_MS = SECOND_MS;

/**
 * The leases of a node: one for each slice of time, holding the layers that were asked for in it.
 *
 * A lease for each layer would be simpler, but a lease cannot be prolonged: a layer that is asked for again would
 * need a new one each time, two writes to containerd's database for one, and every garbage collection walks through all
 * leases. So there are about nine, whatever is pulled; a layer that is asked for again goes into the present one too,
 * and one that has to go early is taken out of those that hold it.
 */
export class LeaseSlices {
  readonly #leases: Pick<ContentLeases, "create">;
  readonly #durationMs: number;
  readonly #sliceMs: number;
  readonly #now: () => number;
  readonly #known = new Map<string, Lease>();

  /** @param leases Where leases are made. */
  constructor(leases: Pick<ContentLeases, "create">, options: LeaseSlicesOptions) {
    this.#leases = leases;
    this.#durationMs = options.durationMs;
    this.#sliceMs = Math.max(options.durationMs / SLICES, SLICE_MIN_MS);
    this.#now = options.now ?? Date.now;
  }

  /** Lists the leases that are known. */
  list(): Lease[] {
    return [...this.#known.values()];
  }

  /** Returns whether a lease is known. */
  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** Takes over a lease of an earlier run. */
  adopt(lease: Lease): void {
    this.#known.set(lease.id, lease);
  }

  /** Forgets a lease. */
  forget(id: string): void {
    this.#known.delete(id);
  }

  /** Returns the id of the lease for what is asked for now, and makes it if there is none. */
  async current(options: CallOptions = {}): Promise<string> {
    const nowMs = this.#now();
    const present = this.list().find(({ expiresMs }) =>
      expiresMs >= nowMs + this.#durationMs && expiresMs <= nowMs + this.#durationMs + this.#sliceMs
    );
    if (present) return present.id;
    const made = { id: `peili-${crypto.randomUUID()}`, expiresMs: nowMs + this.#durationMs + this.#sliceMs };
    await this.#leases.create(made, options);
    this.adopt(made);
    return made.id;
  }
}
