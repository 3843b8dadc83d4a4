import { Slots } from "../../src/routing/dht/slots.ts";
import { MIB } from "../../src/core/units.ts";
import { Flights, type FlightsOptions } from "../../src/flight/flights.ts";
import type { Seat, SourceFailure } from "../../src/flight/flight_gate.ts";
import type { Digest } from "../../src/oci/digest.ts";
import type { SimulatedCluster } from "./simulated_cluster.ts";
import { SimulatedStore } from "./simulated_store.ts";

/** Thrown when a source cannot be read on. */
class SourceError extends Error {
  readonly failure: SourceFailure;
  constructor(failure: SourceFailure) {
    super(failure);
    this.failure = failure;
  }
}

/** Thrown when a pull fails as a whole. */
export class PullError extends Error {}

/** How a containerd tells that it gives a pull up: after so many openings in a row without a byte. */
const EMPTY_OPENINGS_MAX = 3;
/** How long after a failure containerd removes the ingest, in milliseconds. */
const ABORT_MS = 100;
/** How long headers may take, in milliseconds. */
const HEADERS_MS = 5_000;
/** How long a request to a node that does not answer takes, in milliseconds. */
const SILENT_SOURCE_MS = 10_000;

/** A node: Peili's flights, a containerd that pulls through it, and a link. */
export class SimulatedNode {
  readonly id: string;
  readonly store = new SimulatedStore();
  readonly flights: Flights;
  readonly #cluster: SimulatedCluster;
  readonly #stop = new AbortController();
  readonly #slots: Slots;
  /** How many transfers use the link in each direction now. */
  readonly link = { sending: 0, receiving: 0 };
  /** Whom it reads what from. */
  readonly reading = new Map<Digest, string>();
  /** What it reads from upstream. */
  readonly upstream = new Set<Digest>();
  /** Whether its containerd has stopped getting anywhere, as with a full disk. */
  stuck = false;
  /** How long it takes to write each MiB beyond the time of the network, in milliseconds, as with a worn disk. */
  stepMs = 0;

  constructor(cluster: SimulatedCluster, id: string, options: FlightsOptions & { zone?: string; slots?: number }) {
    this.id = id;
    this.#cluster = cluster;
    const { zone, slots = 3, ...rest } = options;
    this.#slots = new Slots(slots);
    const { clock, network, metrics, random } = cluster;
    this.flights = new Flights(
      { members: network.join(id, zone), ingests: this.store, store: this.store, metrics, clock, random },
      rest,
    );
  }

  /** Whether it runs. */
  get alive(): boolean {
    return !this.#stop.signal.aborted;
  }

  /** Ends it as a whole. */
  kill(how: "closed" | "silent"): void {
    this.#cluster.network.kill(this.id, how);
    this.#stop.abort();
    void this.flights[Symbol.asyncDispose]();
  }

  /**
   * Pulls a blob as containerd does.
   *
   * @throws {PullError} If the pull fails.
   */
  async pull(digest: Digest, total: number, signal: AbortSignal = this.#stop.signal): Promise<void> {
    this.store.begin(digest, total);
    try {
      await this.#download(new Download(digest, total, this.store), signal);
      this.store.commit(digest);
    } catch (reason) {
      await this.#cluster.clock.sleep(ABORT_MS);
      this.store.abort(digest);
      throw reason;
    } finally {
      this.reading.delete(digest);
      this.upstream.delete(digest);
    }
  }

  async #download(download: Download, signal: AbortSignal): Promise<void> {
    for (let empty = 0; !download.complete;) {
      const before = download.offset;
      const answered = await this.#slots.run(() => this.#openMirror(download, signal));
      if (!answered) await this.#slots.run(() => this.#readUpstream(download, signal));
      if (download.offset > before || download.complete) empty = 0;
      else if (++empty > EMPTY_OPENINGS_MAX) throw new PullError("too many openings without a byte");
      if (signal.aborted) throw new PullError("aborted");
    }
  }

  /** Returns false for a 404. */
  async #openMirror(download: Download, signal: AbortSignal): Promise<boolean> {
    const { digest, total, offset } = download;
    const verdict = await this.flights.join({ digest, total, offset, signal });
    if (verdict.type === "follow") return await this.#follow(download, verdict.seat, signal);
    if (verdict.type !== "found") return false;
    for (const { id } of verdict.members) {
      try {
        await this.#readWhole(id, download, signal);
      } catch (reason) {
        if (!(reason instanceof SourceError)) throw reason;
        if (reason.failure === "missing") this.flights.gone(id, { digest: digest });
      }
      if (download.complete || download.offset > offset) return true;
    }
    return false;
  }

  async #follow(download: Download, seat: Seat, signal: AbortSignal): Promise<boolean> {
    const begin = download.offset;
    let headers = false;
    let failure: SourceFailure | undefined;
    try {
      while (!download.complete) {
        const turn = await this.#next(seat, download, { failure, headers, signal });
        failure = undefined;
        if (!turn) return false;
        if (turn.type === "yield") return true;
        if (turn.type !== "read") return headers || download.offset > begin;
        headers = true;
        try {
          const either = AbortSignal.any([signal, turn.signal]);
          await this.#readFrom(turn.member.id, download, either, (count) => seat.received(count));
        } catch (reason) {
          if (!(reason instanceof SourceError)) throw reason;
          if (!turn.signal.aborted) failure = reason.failure;
        }
        if (signal.aborted) throw new PullError("aborted");
      }
      return true;
    } finally {
      seat.ended(download.complete);
    }
  }

  /** Asks the seat; once the time for headers is over, sends them and asks on. */
  async #next(
    seat: Seat,
    download: Download,
    { failure, headers, signal }: { failure: SourceFailure | undefined; headers: boolean; signal: AbortSignal },
  ) {
    if (headers) return await seat.next(download.offset, { failure, signal });
    const late = new AbortController();
    const cancel = this.#cluster.clock.after(HEADERS_MS, () => late.abort());
    try {
      return await seat.next(download.offset, { failure, signal: AbortSignal.any([signal, late.signal]) });
    } catch (reason) {
      if (!late.signal.aborted) throw reason;
      return await seat.next(download.offset, { failure, signal });
    } finally {
      cancel();
    }
  }

  /** Reads from a node that has all of it: it has no excuse for being silent. */
  async #readWhole(id: string, download: Download, signal: AbortSignal): Promise<void> {
    const { clock } = this.#cluster;
    const silent = new AbortController();
    let cancel = () => {};
    const wait = () => {
      cancel();
      cancel = clock.after(SILENT_SOURCE_MS, () => silent.abort());
    };
    wait();
    try {
      await this.#readFrom(id, download, AbortSignal.any([signal, silent.signal]), wait);
    } finally {
      cancel();
    }
    if (signal.aborted) throw new PullError("aborted");
  }

  async #readFrom(id: string, download: Download, signal: AbortSignal, onBytes?: (count: number) => void) {
    const { digest } = download;
    this.reading.set(digest, id);
    try {
      await this.#cluster.connect(this, id, signal);
      for (;;) {
        if (download.complete) return;
        if (signal.aborted) throw new SourceError("lost");
        const source = this.#cluster.nodes.get(id);
        const available = source?.store.available(digest);
        if (!source || !available) throw new SourceError(download.touched ? "lost" : "missing");
        if (!available.complete && !source.flights.holds(digest)) throw new SourceError("missing");
        const count = Math.min(MIB, available.offset - download.offset);
        if (count <= 0) await either(source.store.changed, signal);
        else {
          await this.#cluster.transfer(source, this, count, signal);
          if (signal.aborted) throw new SourceError("lost");
          await this.#write(download, count, signal);
          if (signal.aborted) throw new SourceError("lost");
          onBytes?.(count);
        }
      }
    } catch (reason) {
      if (reason instanceof SourceError || !(reason instanceof UnreachableError)) throw reason;
      throw new SourceError("lost");
    } finally {
      if (this.reading.get(digest) === id) this.reading.delete(digest);
    }
  }

  async #readUpstream(download: Download, signal: AbortSignal): Promise<void> {
    const { digest } = download;
    this.upstream.add(digest);
    this.#cluster.noteUpstream(this);
    try {
      while (!download.complete && !signal.aborted) {
        const count = Math.min(MIB, download.total - download.offset);
        if (!await this.#cluster.fetchUpstream(this, digest, count, signal)) throw new PullError("upstream failed");
        await this.#write(download, count, signal);
      }
    } finally {
      this.upstream.delete(digest);
    }
  }

  async #write(download: Download, count: number, signal: AbortSignal): Promise<void> {
    if (this.stepMs > 0) await either(this.#cluster.clock.sleep(this.stepMs), signal);
    while (this.stuck && !signal.aborted) await either(this.#cluster.clock.sleep(1_000), signal);
    if (!signal.aborted) download.add(count);
  }
}

/** What is on its way into a store. */
class Download {
  readonly digest: Digest;
  readonly total: number;
  readonly #store: SimulatedStore;
  offset = 0;
  touched = false;

  constructor(digest: Digest, total: number, store: SimulatedStore) {
    [this.digest, this.total, this.#store] = [digest, total, store];
  }

  get complete(): boolean {
    return this.offset >= this.total;
  }

  add(count: number): void {
    this.offset += count;
    this.touched = true;
    this.#store.grow(this.digest, this.offset);
  }
}

/** Thrown when a node cannot be reached. */
export class UnreachableError extends Error {}

/** Waits for something, or until the signal aborts. */
export async function either(happens: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const onAbort = () => resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  await Promise.race([happens, promise]);
  signal.removeEventListener("abort", onAbort);
}

export { SILENT_SOURCE_MS };
