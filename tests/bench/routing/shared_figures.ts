/** The figures that are measured of both kinds of nodes, by their names in the table. */
export const SHARED_FIGURES = {
  announceKey: "announce: time per key, ms",
  announceKeyCpu: "announce: CPU of the announcer per key, ms",
  hitP50: "lookup hit p50, ms",
  remoteHitP50: "lookup hit p50, record at other nodes, ms",
  missP50: "lookup miss decided p50, ms",
  nodeMemory: "memory per node beyond an empty process, MiB",
} as const;

/** The name of such a figure. */
export type SharedFigure = typeof SHARED_FIGURES[keyof typeof SHARED_FIGURES];
