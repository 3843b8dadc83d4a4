/** Something with a place in the DHT's space. */
export interface Placed {
  /** The 32 bytes of its place. */
  readonly kadId: Uint8Array;
}

/**
 * Returns whether `a` is closer to the target than `b`: the smaller XOR, read as a number, is the closer one.
 *
 * All three have 32 bytes.
 */
export function isCloser(target: Uint8Array, a: Uint8Array, b: Uint8Array): boolean {
  for (let at = 0; at < target.length; at++) {
    const byteA = a[at]!;
    const byteB = b[at]!;
    if (byteA !== byteB) return (byteA ^ target[at]!) < (byteB ^ target[at]!);
  }
  return false;
}

/** Returns the `count` items closest to the target, the closest first. */
export function closest<T extends Placed>(target: Uint8Array, items: Iterable<T>, count: number): T[] {
  const found: T[] = [];
  for (const item of items) {
    const last = found.at(-1);
    if (last && found.length >= count && !isCloser(target, item.kadId, last.kadId)) continue;
    let place = found.length;
    while (place > 0 && isCloser(target, item.kadId, found[place - 1]!.kadId)) place--;
    found.splice(place, 0, item);
    if (found.length > count) found.pop();
  }
  return found;
}
