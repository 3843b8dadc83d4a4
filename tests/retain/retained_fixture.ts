import type { Digest } from "../../src/oci/digest.ts";
import type { FreeSpace } from "../../src/retain/free_space.ts";
import { type ReleaseReason, RetainedLayers, type RetainedLayersOptions } from "../../src/retain/retained_layers.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { uniqueBytes } from "../store/store_fixture.ts";
import { MemoryLeases } from "./memory_leases.ts";

/** Kept layers over memory, with a clock and a disk of their own. */
export class RetainedFixture {
  /** What keeps them. */
  readonly leases: MemoryLeases;
  /** What holds them. */
  readonly store: MemoryStore = new MemoryStore();
  /** Kept layers. */
  readonly layers: RetainedLayers;
  /** Why layers were released. */
  readonly released: ReleaseReason[] = [];
  /** The time, in milliseconds since 1970. */
  nowMs = 1_000_000_000_000;
  /** The disk; undefined cannot be told. */
  space: FreeSpace | undefined = { availableBytes: 1_000, totalBytes: 1_000 };

  constructor(options: Partial<RetainedLayersOptions> = {}, leases = new MemoryLeases()) {
    this.leases = leases;
    const { store, released } = this;
    this.layers = new RetainedLayers({
      leases,
      store,
      freeSpace: () =>
        this.space ? Promise.resolve(this.space) : Promise.reject(new Deno.errors.NotFound("no such directory")),
      released: (reason) => released.push(reason),
    }, { durationMs: 80_000, limitBytes: 1_000, minFreePercent: 20, now: () => this.nowMs, ...options });
  }

  /** Puts a layer into the store. */
  async put(sizeBytes: number): Promise<Digest> {
    return await this.store.put(uniqueBytes(sizeBytes));
  }
}
