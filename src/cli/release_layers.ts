import { getLogger } from "@logtape/logtape";
import { deadline } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import { MINUTE_MS } from "../core/units.ts";
import { releaseAll } from "../retain/release.ts";
import { ContainerdClient } from "../store/containerd/client.ts";
import { ContainerdLeases } from "../store/containerd/leases.ts";

/** How long containerd may take to remove what was kept, in milliseconds. */
const RELEASE_TIMEOUT_MS = MINUTE_MS;

const logger = getLogger(["peili", "retain"]);

/** Releases the layers that a node kept for others. Without containerd they are left to expire, and one line says so. */
export async function releaseLayers(
  { sock, namespace }: { sock: string; namespace: string },
  { signal }: { signal: AbortSignal },
): Promise<void> {
  using client = new ContainerdClient(sock, namespace);
  try {
    const leases = await releaseAll(new ContainerdLeases(client), { signal: deadline(RELEASE_TIMEOUT_MS, signal) });
    if (leases > 0) logger.info("Released the layers that were kept for other nodes", { leases });
  } catch (reason) {
    signal.throwIfAborted();
    logger.info("Layers that were kept for other nodes, if any, are left to expire: {reason}", {
      reason: errorMessage(reason),
    });
  }
}
