import { getLogger } from "@logtape/logtape";
import { errorMessage } from "../core/errors.ts";
import { followsRedirects } from "../registry/follows_redirects.ts";
import { serverVersion } from "../store/containerd/server_version.ts";
import { parseContainerdVersion } from "../store/containerd_version.ts";
import { ClusterSecret } from "../trust/cluster_secret.ts";
import type { NodeOptions } from "./options.ts";

const logger = getLogger(["peili", "node"]);

/**
 * Opens the cluster secret that the options name, warns where there is none, and checks that clients can be sent to
 * other nodes where the options say so.
 *
 * @param owned Takes over what has to be let go when the node stops.
 * @throws {SyntaxError} If the secret cannot be used or is missing, or containerd is too old.
 */
export async function openSecret(
  { clusterSecretFile, peerTransfer = "relay", store }: NodeOptions,
  owned: AsyncDisposableStack,
): Promise<ClusterSecret | undefined> {
  const secret = clusterSecretFile === undefined ? undefined : owned.use(await ClusterSecret.open(clusterSecretFile));
  if (peerTransfer === "redirect" && !secret) {
    throw new SyntaxError("Cannot start with --peer-transfer=redirect: --cluster-secret-file is missing");
  }
  if (!secret) logger.warn("There is no --cluster-secret-file: whoever reaches this node is taken for another node");
  if (peerTransfer === "relay") return secret;
  if (store?.kind === "containerd") await checkContainerd(store);
  return secret;
}

/** A containerd that does not answer yet is checked when it asks: it tells its version with every request. */
async function checkContainerd({ sock, namespace }: { sock: string; namespace: string }): Promise<void> {
  const text = await serverVersion(sock, namespace).catch((reason) => {
    logger.warn("Cannot ask containerd for its version yet: {reason}", { reason: errorMessage(reason) });
  });
  const version = parseContainerdVersion(text ?? "");
  if (!version || followsRedirects(version)) return;
  throw new SyntaxError(`Cannot start with --peer-transfer=redirect: containerd is ${text}, expected 1.7 or newer`);
}
