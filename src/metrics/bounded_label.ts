/** How many values of one label are told apart before the rest is put together. */
const LABEL_VALUES_MAX = 100;

/**
 * Makes a function that keeps a label's values few: those beyond the first hundred become `other`.
 *
 * Registries come from requests, and every value of a label costs memory here and in Prometheus.
 */
export function boundedLabel(): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (!known.has(value) && known.size >= LABEL_VALUES_MAX) return "other";
    known.add(value);
    return value;
  };
}
