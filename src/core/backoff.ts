/** How the pauses of {@linkcode backoff} grow. */
export interface BackoffOptions {
  /** The first pause in milliseconds. @default {50} */
  minMs?: number;
  /** The longest pause in milliseconds. @default {10_000} */
  maxMs?: number;
  /** The share of each pause that is drawn by chance, from 0 to 1, so that nodes do not retry in step. @default {0.5} */
  jitter?: number;
}

/**
 * Yields the pauses of an exponential backoff, in milliseconds, without end.
 *
 * @throws {RangeError} If the options contradict each other.
 */
export function* backoff(options: BackoffOptions = {}): Generator<number, never> {
  const { minMs = 50, maxMs = 10_000, jitter = 0.5 } = options;
  if (!(minMs > 0 && maxMs >= minMs)) {
    throw new RangeError(`Cannot back off as minMs must be > 0 and <= maxMs: current values are ${minMs} and ${maxMs}`);
  }
  if (!(jitter >= 0 && jitter <= 1)) {
    throw new RangeError(`Cannot back off as jitter must be from 0 to 1: current value is ${jitter}`);
  }
  for (let pauseMs = minMs;; pauseMs = Math.min(2 * pauseMs, maxMs)) {
    yield pauseMs * (1 - jitter * Math.random());
  }
}
