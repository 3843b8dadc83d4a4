import type { CallOptions } from "../core/call_options.ts";
import type { ContentLeases } from "../store/leases.ts";

/**
 * Releases everything that was kept.
 *
 * @returns How many leases there were.
 * @throws {StoreUnavailableError} If the store does not answer.
 */
export async function releaseAll(
  leases: Pick<ContentLeases, "list" | "delete">,
  options: CallOptions = {},
): Promise<number> {
  const own = await leases.list(options);
  for (const { id } of own) await leases.delete(id, options);
  return own.length;
}
