import { setImmediate } from "node:timers";
import type { Clock } from "../../src/flight/clock.ts";

interface Event {
  atMs: number;
  sequence: number;
  run: (() => void) | undefined;
}

/** A clock that stands still but for {@linkcode SimulatedClock.run}, which goes from one event to the next. */
export class SimulatedClock implements Clock {
  /** A heap, the earliest event first. */
  readonly #events: Event[] = [];
  #nowMs = 1; // a cache takes 0 for no time at all
  #sequence = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, run: () => void): () => void {
    const event: Event = { atMs: this.#nowMs + Math.max(0, ms), sequence: this.#sequence++, run };
    this.#push(event);
    return () => event.run = undefined;
  }

  /** Waits. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /**
   * Lets time pass until the condition holds, for `limitMs` at most.
   *
   * @returns Whether it holds.
   */
  async run(until: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.#nowMs + limitMs;
    await settle();
    while (!until()) {
      const event = this.#pop();
      if (!event || event.atMs > endMs) {
        if (event) this.#push(event);
        this.#nowMs = endMs;
        await settle();
        return until();
      }
      if (!event.run) continue;
      this.#nowMs = Math.max(this.#nowMs, event.atMs);
      event.run();
      await settle();
    }
    return true;
  }

  /** Lets some time pass. */
  async pass(ms: number): Promise<void> {
    await this.run(() => false, ms);
  }

  #push(event: Event): void {
    const events = this.#events;
    let at = events.push(event) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isEarlier(event, events[above]!)) break;
      events[at] = events[above]!;
      at = above;
    }
    events[at] = event;
  }

  #pop(): Event | undefined {
    const events = this.#events;
    const [first] = events;
    const last = events.pop();
    if (!first || !last || first === last) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= events.length) break;
      if (below + 1 < events.length && isEarlier(events[below + 1]!, events[below]!)) below++;
      if (!isEarlier(events[below]!, last)) break;
      events[at] = events[below]!;
      at = below;
    }
    events[at] = last;
    return first;
  }
}

function isEarlier(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}

/** Lets everything run that only waits for promises. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
