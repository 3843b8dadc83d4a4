/** How one rollout went. */
export interface RolloutFigure {
  /** How many nodes pulled. */
  nodes: number;
  /** What was measured. */
  what: string;
  /** When the slowest node had the last blob, in seconds. */
  seconds: number;
  /** The same as a multiple of what one node alone takes over the same link, without Peili. */
  ofAlone?: number;
  /** The bytes of configs and layers that upstream gave, as a multiple of their size. */
  copies: number;
  /** User and system time of all Peili processes together, in seconds. */
  peiliCpuSeconds: number;
  /** User and system time of all containerd processes together, in seconds. */
  containerdCpuSeconds: number;
  /** The most that `ofAlone` and `copies` may be. */
  atMost?: { ofAlone: number; copies: number };
}

/** What a cold rollout may cost, where the processors are not the limit. */
export const COLD_BUDGET = { ofAlone: 1.2, copies: 1.05 } as const;

/** Returns whether the budget is kept; undefined if there is none. */
export function isWithinBudget({ ofAlone = 0, copies, atMost }: RolloutFigure): boolean | undefined {
  if (!atMost) return undefined;
  return ofAlone <= atMost.ofAlone && copies <= atMost.copies;
}
