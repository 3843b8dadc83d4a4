import { GIB, KIB, MIB } from "./units.ts";

const UNIT_BYTES: Record<string, number> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: KIB,
  mib: MIB,
  gib: GIB,
  tib: 1024 * GIB,
  ki: KIB,
  mi: MIB,
  gi: GIB,
  ti: 1024 * GIB,
};

const SIZE_REGEXP = /^(\d{1,15}(?:\.\d{1,9})?)\s*([a-z]{0,3})$/i;

/**
 * Reads a number of bytes, such as `100MiB`, `1.5GB`, `10Gi` or `4096`.
 *
 * @returns Whole bytes.
 * @throws {SyntaxError} If the text is no such number.
 * @throws {RangeError} If it is more than can be counted.
 */
export function parseByteSize(text: string): number {
  const [, amount = "", unit = ""] = SIZE_REGEXP.exec(text) ?? [];
  const unitBytes = UNIT_BYTES[unit.toLowerCase()];
  if (amount === "" || unitBytes === undefined) {
    throw new SyntaxError(
      `Cannot parse size "${text.slice(0, 40)}": expected a number with a unit, such as 100MiB or 1.5GB`,
    );
  }
  const bytes = Math.round(Number(amount) * unitBytes);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new RangeError(`Cannot use size "${text.slice(0, 40)}": it is too large`);
}
