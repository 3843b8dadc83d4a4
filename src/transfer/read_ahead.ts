import { onAbort } from "../core/on_abort.ts";

/** How {@linkcode readAhead} reads, and what it yields next. */
export interface ReadAheadOptions<T> {
  /** Ends the reading, even of a source that does not heed it. */
  signal: AbortSignal;
  /** What is there from the start. @default nothing */
  initial?: readonly T[];
  /** How long the first thing that is read is waited for, so that there is a choice, in milliseconds. @default {0} */
  gatherMs?: number;
  /** Returns the index of what is yielded next among what is there: at least one thing. @default the oldest */
  choose?: (items: readonly T[]) => number;
}

/**
 * Reads a source without waiting for whoever consumes it, and yields everything, in order or as it is chosen.
 *
 * For sources that are bounded in number and in time: what was read is kept until it is asked for, also after the
 * signal aborted.
 *
 * @throws what the source throws, after all that it gave before.
 */
export async function* readAhead<T>(source: AsyncIterable<T>, options: ReadAheadOptions<T>): AsyncGenerator<T> {
  const { signal, initial = [], gatherMs = 0, choose = () => 0 } = options;
  const items = [...initial];
  let news = Promise.withResolvers<void>();
  let ended = false;
  const end = () => {
    ended = true;
    news.resolve();
  };
  const reading = (async () => {
    for await (const item of source) {
      if (ended) return;
      items.push(item);
      news.resolve();
    }
  })();
  reading.then(end, end);
  using _ = onAbort(signal, end);
  try {
    if (gatherMs > 0 && !ended) await firstNews(news.promise, gatherMs);
    for (;;) {
      if (items.length > 0) yield* items.splice(choose(items), 1);
      else if (ended) break;
      else {
        await news.promise;
        news = Promise.withResolvers();
      }
    }
    if (!signal.aborted) await reading;
  } finally {
    ended = true;
  }
}

/** Waits for news, and for what comes together with them. */
async function firstNews(news: Promise<void>, ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([news, late]);
  clearTimeout(timer);
  await new Promise((resolve) => setTimeout(resolve));
}
