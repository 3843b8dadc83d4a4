/**
 * Adds up the samples of a metric in Prometheus' text format.
 *
 * @param text What a `/metrics` endpoint answered.
 * @param name The metric's name.
 * @param labels Labels that a sample has to have.
 * @returns The sum; 0 if there is no such sample.
 */
export function metricSum(text: string, name: string, labels: Record<string, string> = {}): number {
  let sum = 0;
  for (const line of text.split("\n")) {
    const [, sampleName, sampleLabels = "", value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    if (sampleName !== name) continue;
    if (!Object.entries(labels).every(([label, wanted]) => sampleLabels.includes(`${label}="${wanted}"`))) continue;
    sum += Number(value);
  }
  return sum;
}
