/**
 * Returns the value that so large a share of the values does not exceed: an observed one, nothing in between.
 *
 * @param share From 0 to 1.
 * @throws {RangeError} If there are no values.
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("Cannot take a percentile as there are no values");
  return value;
}
