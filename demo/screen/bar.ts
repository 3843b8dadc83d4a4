/**
 * Draws a progress bar.
 *
 * @param share How much is done, from 0 to 1.
 * @param width How many characters it takes.
 */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(Math.max(share, 0), 1) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}
