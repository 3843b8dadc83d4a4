import type { Router } from "../../src/routing/router.ts";
import { until } from "../support/until.ts";

/** What a router of a test may tell of itself. */
export interface ToldOptions {
  /** Where it stands. */
  zone?: string;
  /** How busy it is. */
  load?(): number;
}

/** A network of routers that a test may add to. Disposing of it stops all of them. */
export interface RouterNetwork extends AsyncDisposable {
  /** Opens a router that joins the others. It tells `hosts` as its peer listener: one host with a port. */
  open(port: number, told?: ToldOptions): Promise<Router>;
}

/** How long routers may take to know each other, in milliseconds. */
const JOIN_TIMEOUT_MS = 10_000;

/** Collects the ids of everybody that a lookup yields, sorted. */
export async function providersOf(router: Router, key: string, options?: { limit?: number }): Promise<string[]> {
  const providers = await Array.fromAsync(router.lookup(key, options));
  return providers.map(({ id }) => id).toSorted();
}

/** Opens routers and waits until each knows all others. */
export async function joined<const N extends number>(
  network: RouterNetwork,
  count: N,
): Promise<[Router, ...Router[]] & RouterTuple<N>> {
  const routers = await Promise.all(Array.from({ length: count }, (_, index) => network.open(7001 + index)));
  const knowsAll = (router: Router) => router.state().peers === count - 1 && [...router.members()].length === count - 1;
  await until("all to know each other", () => routers.every(knowsAll), { timeoutMs: JOIN_TIMEOUT_MS });
  return routers as [Router, ...Router[]] & RouterTuple<N>;
}

type RouterTuple<N extends number> = N extends 2 ? [Router, Router] : N extends 3 ? [Router, Router, Router] : Router[];
