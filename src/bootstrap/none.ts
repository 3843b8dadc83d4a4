import type { Bootstrapper } from "./bootstrapper.ts";

/** Makes the bootstrapper that knows nobody: for a node that works alone, or that others find. */
export function createNoBootstrapper(): Bootstrapper {
  return { name: "none", candidates: () => Promise.resolve([]) };
}
