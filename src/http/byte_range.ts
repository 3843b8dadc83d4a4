/** Some bytes of a representation, both ends included, as HTTP counts them. */
export interface ByteRange {
  /** The first byte. */
  start: number;
  /** The last byte. */
  end: number;
}

/** Thrown for a range that cannot be satisfied: status 416. */
export class RangeNotSatisfiableError extends Error {
  override name = "RangeNotSatisfiableError";
  /** The size of the representation in bytes. */
  readonly size: number;

  /**
   * @param header The header's value.
   * @param size The size of the representation in bytes.
   */
  constructor(header: string, size: number) {
    super(`Cannot satisfy range "${header.slice(0, 100)}": the content has ${size} bytes`);
    this.size = size;
  }
}

const RANGE_REGEXP = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i;

/**
 * Reads a `Range` header: open (`bytes=5-`), closed (`bytes=5-9`) and suffix (`bytes=-5`) ranges.
 *
 * Other units and lists of ranges are ignored, which the specification allows for any range.
 *
 * {@link https://www.rfc-editor.org/rfc/rfc9110#section-14.2}
 *
 * @param header The header's value, or null without one.
 * @param size The size of the representation in bytes.
 * @returns The range, cut at the end of the representation, or undefined when all of it is to be sent.
 * @throws {RangeNotSatisfiableError} If the range is malformed, inverted or beyond the end.
 */
export function parseByteRange(header: string | null, size: number): ByteRange | undefined {
  if (header === null || !/^bytes=/i.test(header) || header.includes(",")) return undefined;
  const match = RANGE_REGEXP.exec(header);
  const [first, last] = [match?.[1] ?? "", match?.[2] ?? ""];
  if (first === "" && last === "") throw new RangeNotSatisfiableError(header, size);
  if (first === "") {
    const suffix = Math.min(Number(last), size);
    if (suffix === 0) throw new RangeNotSatisfiableError(header, size);
    return { start: size - suffix, end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size || (last !== "" && Number(last) < start)) throw new RangeNotSatisfiableError(header, size);
  return { start, end };
}

/** Returns the `Content-Range` of a partial answer. */
export function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end}/${size}`;
}

/** Reads a `Content-Range` header with a known size, else returns undefined. */
export function parseContentRange(header: string | null): ByteRange & { size: number } | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(header ?? "");
  if (!match) return undefined;
  const [start, end, size] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return start <= end && end < size ? { start, end, size } : undefined;
}
