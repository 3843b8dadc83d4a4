import { type ContainerdVersion, isAtLeast } from "../store/containerd_version.ts";

/** Returns whether this containerd can be sent to another node for a blob: 1.7 and newer can. */
export function followsRedirects(version: ContainerdVersion): boolean {
  return isAtLeast(version, "1.7");
}
