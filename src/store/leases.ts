/**
 * The port of leases: they keep content in a store that would remove it otherwise.
 *
 * @module
 */
import type { CallOptions } from "../core/call_options.ts";
import type { Digest } from "../oci/digest.ts";

/** A lease of Peili's. */
export interface Lease {
  /** Its name. */
  id: string;
  /** When the store removes it by itself, in milliseconds since 1970. */
  expiresMs: number;
}

/** Keeps content by leases. Only Peili's are seen. Without an answer each method throws `StoreUnavailableError`. */
export interface ContentLeases {
  /** Makes a lease. */
  create(lease: Lease, options?: CallOptions): Promise<void>;
  /** Lists the leases. */
  list(options?: CallOptions): Promise<Lease[]>;
  /** Lists what a lease keeps; nothing if it is gone. */
  contents(id: string, options?: CallOptions): Promise<Digest[]>;
  /**
   * Keeps content from now on, whether it is there already or comes later.
   *
   * @throws {ContentNotFoundError} If the lease is gone.
   */
  add(id: string, digest: Digest, options?: CallOptions): Promise<void>;
  /** Keeps content no longer. What nothing else keeps is removed soon. */
  remove(id: string, digest: Digest, options?: CallOptions): Promise<void>;
  /** Removes a lease, if it is there, and waits until what nothing else keeps is removed too. */
  delete(id: string, options?: CallOptions): Promise<void>;
}
