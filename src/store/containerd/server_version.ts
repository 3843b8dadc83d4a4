import { ContainerdClient } from "./client.ts";
import { VersionService } from "./gen/version.ts";

/**
 * Asks a containerd for its version.
 *
 * @throws {StoreUnavailableError} If it does not answer.
 */
export async function serverVersion(sock: string, namespace: string): Promise<string> {
  using client = new ContainerdClient(sock, namespace);
  return (await client.call(VersionService.version, {})).version;
}
