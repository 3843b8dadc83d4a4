import type { Libp2p } from "@libp2p/interface";
import type { CallOptions } from "../../core/call_options.ts";
import { abortable } from "../../core/deadline.ts";
import { SECOND_MS } from "../../core/units.ts";
import type { BytesKey } from "./bytes_key.ts";
import { dialTargets } from "./dial_target.ts";
import { DialLimit } from "./dial_limit.ts";
import type { KnownPeer } from "./peer_book.ts";

/** What a {@linkcode Dialer} works with. */
export interface DialerComponents {
  host: Pick<Libp2p, "dial">;
  /** Told of a peer that could not be connected to, and whether its machine was there. */
  onFailed(peer: KnownPeer, failure: { reached: boolean }): void;
}

/** How a {@linkcode Dialer} keeps time. */
export interface DialerOptions {
  /** How long a machine may take to accept a connection, in milliseconds. @default {2_000} */
  reachTimeoutMs?: number;
  /** How long the node on it may take to show who it is, in milliseconds. @default {10_000} */
  handshakeTimeoutMs?: number;
  /** From when a machine that has not accepted a connection stands in nobody's way, in milliseconds. @default {200} */
  silentMs?: number;
}

/** How a connection is waited for. */
export interface DialOptions extends CallOptions {
  /** Whether nobody waits for it who was asked something: it comes after those. @default {false} */
  background?: boolean;
}

/** The most peers that are waited for, connections under way included. */
const DIALS_MAX = 512;
/** The most machines that are tried without a word from them. */
const SILENT_MAX = 32;
/** How many connections in a row are opened for those who wait before one that can wait has its turn. */
const URGENT_IN_A_ROW = 3;
/**
 * For how long it is looked for an answer that this process has not got round to, after a time is over, in milliseconds:
 * the event loop takes in what has come between two timers.
 */
const LOOK_AGAIN_MS = 20;
/** The events by which libp2p, and this node's private network, tell that the other machine is there. */
const REACHED_REGEXP = /^(?:upgrader|private-network):/;

/** A connection that somebody waits for. */
interface Dial {
  peer: KnownPeer;
  background: boolean;
  /** How many wait for it. */
  waiting: number;
  done: PromiseWithResolvers<void>;
  /** What it is up to: to wait for its turn, to begin, to go on without a word from the machine, to shake hands. */
  phase: "queued" | "begun" | "silent" | "reached";
}

/**
 * Opens connections, as many at once as both ends get along with.
 *
 * A connection costs each end some 10 ms of CPU for its keys. When a cluster comes together, every node wants dozens of
 * them: all at once, none would be ready before its time is over, all would have been for nothing, and begin again. So
 * only few are under way, fewer when they take long, and one that has begun is brought to its end, whoever has given up
 * waiting for it.
 */
export class Dialer implements Disposable {
  readonly #components: DialerComponents;
  readonly #options: Required<DialerOptions>;
  readonly #limit = new DialLimit();
  readonly #dials = new Map<BytesKey, Dial>();
  readonly #stop = new AbortController();
  #urgentInARow = 0;

  constructor(components: DialerComponents, options: DialerOptions = {}) {
    const { reachTimeoutMs = 2 * SECOND_MS, handshakeTimeoutMs = 10 * SECOND_MS, silentMs = 200 } = options;
    this.#components = components;
    this.#options = { reachTimeoutMs, handshakeTimeoutMs, silentMs };
  }

  /**
   * Opens a connection to a peer, unless it is being opened already.
   *
   * @throws {Error} If the peer cannot be connected to, or too many are waited for.
   * @throws the signal's reason, once it aborts. The connection may come nevertheless.
   */
  async dial(peer: KnownPeer, { background = false, signal }: DialOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const dial = this.#dials.get(peer.key) ?? this.#add(peer, background);
    dial.background &&= background;
    dial.waiting++;
    this.#begin();
    try {
      await (signal ? abortable(dial.done.promise, signal) : dial.done.promise);
    } finally {
      dial.waiting--;
      if (dial.waiting === 0 && dial.phase === "queued") this.#dials.delete(peer.key);
    }
  }

  #add(peer: KnownPeer, background: boolean): Dial {
    if (this.#dials.size >= DIALS_MAX) throw new Error(`Cannot connect to "${peer.id}": too many are waited for`);
    const dial: Dial = { peer, background, waiting: 0, done: Promise.withResolvers(), phase: "queued" };
    dial.done.promise.catch(() => {}); // whoever waits for it may have given up by then
    this.#dials.set(peer.key, dial);
    return dial;
  }

  #begin(): void {
    while (!this.#stop.signal.aborted && this.#count("begun", "reached") < this.#limit.count) {
      const next = this.#count("silent") < SILENT_MAX ? this.#next() : undefined;
      if (!next) return;
      this.#urgentInARow = next.background ? 0 : this.#urgentInARow + 1;
      next.phase = "begun";
      void this.#run(next);
    }
  }

  #count(...phases: Dial["phase"][]): number {
    return this.#dials.values().reduce((count, { phase }) => count + Number(phases.includes(phase)), 0);
  }

  /** Returns the one that has waited for longest: one that can wait only now and then, while others cannot. */
  #next(): Dial | undefined {
    const queued = this.#dials.values().filter(({ phase }) => phase === "queued").toArray();
    const background = this.#urgentInARow >= URGENT_IN_A_ROW;
    return queued.find((dial) => dial.background === background) ?? queued[0];
  }

  async #run(dial: Dial): Promise<void> {
    const { peer, done } = dial;
    try {
      await this.#connect(dial);
      done.resolve();
    } catch (reason) {
      if (!peer.connected && !this.#stop.signal.aborted) {
        this.#components.onFailed(peer, { reached: dial.phase === "reached" });
      }
      done.reject(reason);
    } finally {
      this.#dials.delete(peer.key);
      this.#begin();
    }
  }

  /** One address after the other: none of them takes away the time of the next one. */
  async #connect(dial: Dial): Promise<void> {
    const { host } = this.#components;
    let failure: unknown;
    for (const target of dialTargets(dial.peer)) {
      const timing = this.#time(dial);
      const signal = AbortSignal.any([timing.signal, this.#stop.signal]);
      const onProgress = ({ type }: { type: string }) => REACHED_REGEXP.test(type) ? timing.reached() : undefined;
      try {
        await host.dial(target, { signal, onProgress });
        return;
      } catch (reason) {
        failure = reason;
        if (dial.phase === "reached" || this.#stop.signal.aborted) break; // it is there: no other address is better
      } finally {
        timing.end();
      }
    }
    throw failure;
  }

  /** Ends a connection that takes too long: soon if nothing is heard of the machine. */
  #time(dial: Dial) {
    const { reachTimeoutMs, handshakeTimeoutMs, silentMs } = this.#options;
    const tooLate = new AbortController();
    const startMs = performance.now();
    let reachedMs = startMs;
    let timer: ReturnType<typeof setTimeout>;
    const after = (ms: number, then: () => void) => {
      clearTimeout(timer);
      timer = setTimeout(() => timer = setTimeout(then, LOOK_AGAIN_MS), ms);
    };
    const end = (error: string) => () => tooLate.abort(new Error(error));
    after(silentMs, () => {
      dial.phase = "silent";
      after(reachTimeoutMs - silentMs, end("nothing was heard of its machine"));
      this.#begin();
    });
    return {
      signal: tooLate.signal,
      reached: () => {
        if (dial.phase === "reached") return;
        dial.phase = "reached";
        reachedMs = performance.now();
        after(handshakeTimeoutMs, end("it did not show who it is"));
      },
      end: () => {
        clearTimeout(timer);
        if (dial.phase === "reached") this.#limit.took(performance.now() - reachedMs);
      },
    };
  }

  /** Ends every attempt. */
  [Symbol.dispose](): void {
    this.#stop.abort(new Error("the node stops"));
    for (const { phase, done } of this.#dials.values()) if (phase === "queued") done.reject(this.#stop.signal.reason);
    this.#dials.clear();
  }
}
