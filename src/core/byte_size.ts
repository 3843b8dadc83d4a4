import { GIB, KIB, MIB } from "./units.ts";

const SIZE_REGEXP = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/;

const TIB = 1024 * GIB;

/** The units, with the short forms that Kubernetes has. */
const UNIT_BYTES: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["B", 1],
  ["KB", 1e3],
  ["MB", 1e6],
  ["GB", 1e9],
  ["TB", 1e12],
  ["Ki", KIB],
  ["Mi", MIB],
  ["Gi", GIB],
  ["Ti", TIB],
  ["KiB", KIB],
  ["MiB", MIB],
  ["GiB", GIB],
  ["TiB", TIB],
]);

/**
 * Reads a number of bytes such as `20GiB`, `20Gi`, `500MB` or `1048576`.
 *
 * @returns A whole number of bytes.
 * @throws {SyntaxError} If the text is none.
 * @throws {RangeError} If it is more than can be counted exactly.
 */
export function parseByteSize(text: string): number {
  const [, amount = "", unit = "?"] = SIZE_REGEXP.exec(text) ?? [];
  const unitBytes = UNIT_BYTES.get(unit);
  if (unitBytes === undefined) {
    throw new SyntaxError(
      `Cannot parse size "${text.slice(0, 40)}": expected a number with a unit, such as 20GiB or 500MB`,
    );
  }
  const bytes = Math.round(Number(amount) * unitBytes);
  if (!Number.isSafeInteger(bytes)) throw new RangeError(`Cannot use size "${text.slice(0, 40)}": it is too large`);
  return bytes;
}
