import type { Router } from "../../src/routing/router.ts";

/** A network of routers that a test may add to. Disposing of it stops all of them. */
export interface RouterNetwork extends AsyncDisposable {
  /** Opens a router that joins the others. It tells `hosts` as its peer listener: one host with a port. */
  open(port: number): Promise<Router>;
}

/** Collects the ids of everybody that a lookup yields, sorted. */
export async function providersOf(router: Router, key: string, options?: { limit?: number }): Promise<string[]> {
  const providers = await Array.fromAsync(router.lookup(key, options));
  return providers.map(({ id }) => id).toSorted();
}
