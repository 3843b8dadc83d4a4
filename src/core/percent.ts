const PERCENT_REGEXP = /^(\d{1,3}(?:\.\d+)?)%?$/;

/**
 * Reads a percentage such as `20%` or `20`.
 *
 * @returns A number from 0 to 100.
 * @throws {SyntaxError} If the text is none.
 * @throws {RangeError} If it is more than 100.
 */
export function parsePercent(text: string): number {
  const percent = Number(PERCENT_REGEXP.exec(text)?.[1]);
  if (Number.isNaN(percent)) {
    throw new SyntaxError(`Cannot parse "${text.slice(0, 40)}": expected a percentage such as 20%`);
  }
  if (percent > 100) throw new RangeError(`Cannot use "${text}": expected at most 100%`);
  return percent;
}
