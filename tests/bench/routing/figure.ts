/** One measured figure of a cluster. */
export interface Figure {
  /** How many nodes the cluster had. */
  nodes: number;
  /** What was measured, with its unit. */
  what: string;
  /** The value of Peili; undefined if it was not reached in time or cannot be measured here. */
  value: number | undefined;
  /** The value of the stock kad-dht in the same run, where it was measured. */
  stock?: number;
  /** The most that it may be. */
  atMost?: number;
}

/** Returns whether a budget is kept; undefined if there is none. */
export function isWithinBudget({ value, atMost }: Figure): boolean | undefined {
  if (atMost === undefined) return undefined;
  return value !== undefined && value <= atMost;
}
