import { getLogger, type Logger } from "@logtape/logtape";

/** Where the commands that change containerd's registry configuration log. */
export const hostsLogger: Logger = getLogger(["peili", "hosts"]);

/** Names the files that somebody has to look at: they were changed in two places, and both versions were kept. */
export function logSetAside(paths: readonly string[]): void {
  for (const path of paths) hostsLogger.warn("An earlier version of a changed file is kept as {path}", { path });
}
