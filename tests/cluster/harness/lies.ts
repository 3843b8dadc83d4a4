/** What a node may tell another one that is not true. */
export const LIES = ["wrong bytes", "wrong total", "endless body"] as const;
/** One of them. */
export type Lie = (typeof LIES)[number];
