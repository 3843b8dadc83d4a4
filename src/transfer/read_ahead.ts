/**
 * Reads a source without waiting for whoever consumes it, and yields everything in order.
 *
 * For sources that are bounded in number and in time: what was read is kept until it is asked for, also after the
 * signal aborted.
 *
 * @param signal Ends the reading, even of a source that does not heed it.
 * @throws what the source throws, after all that it gave before.
 */
export async function* readAhead<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const items: T[] = [];
  let news = Promise.withResolvers<void>();
  let ended = signal.aborted;
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
  signal.addEventListener("abort", end, { once: true });
  try {
    for (;;) {
      yield* items.splice(0);
      if (items.length > 0) continue; // came while the consumer was busy with those before
      if (ended) break;
      await news.promise;
      news = Promise.withResolvers();
    }
    if (!signal.aborted) await reading;
  } finally {
    ended = true;
    signal.removeEventListener("abort", end);
  }
}
