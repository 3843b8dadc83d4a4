import type { ContainerdGeneration } from "../setup/tools.ts";

/** What of containerd's configuration a test may choose. */
export interface ContainerdConfig {
  /** Remove layers once they are unpacked. @default {false} */
  discardUnpackedLayers?: boolean;
  /** The buffer of parallel layer fetching in bytes; 0 switches it off. Only from 2.1 on. @default {0} */
  parallelFetchBuffer?: number;
  /** Pull inside the CRI plugin instead of through the transfer service. Only from 2.1 on. @default {false} */
  localPull?: boolean;
  /** The snapshotter. @default {"overlayfs"} */
  snapshotter?: string;
}

/** Where one containerd keeps its files. */
export interface ContainerdPaths {
  /** Its content and metadata. */
  root: string;
  /** Its running state. */
  state: string;
  /** Its gRPC socket; the ttrpc socket stands beside it. */
  socket: string;
  /** The directory of `hosts.toml` files. */
  certsDir: string;
}

/** The image that sandboxes wait in. It is never pulled: tests that run pods import it. */
export const SANDBOX_IMAGE = "localhost/pause:never-pulled";

/** Writes `config.toml` for a containerd that shares nothing with others on the machine. */
export function formatContainerdConfig(
  generation: ContainerdGeneration,
  paths: ContainerdPaths,
  config: ContainerdConfig = {},
): string {
  return generation === "2" ? formatVersion3(paths, config) : formatVersion2(paths, config);
}

function formatCommon(version: number, { root, state, socket }: ContainerdPaths): string {
  return `version = ${version}
root = "${root}"
state = "${state}"
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${socket}.ttrpc"
[debug]
  level = "debug"
[plugins."io.containerd.nri.v1.nri"]
  disable = true
`;
}

function formatVersion2(paths: ContainerdPaths, config: ContainerdConfig): string {
  const { discardUnpackedLayers = false, parallelFetchBuffer = 0, snapshotter = "overlayfs" } = config;
  if (parallelFetchBuffer > 0) {
    throw new RangeError("Cannot fetch layers in parallel: containerd 1.x has no such option");
  }
  return `${formatCommon(2, paths)}
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${SANDBOX_IMAGE}"
  disable_tcp_service = true
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "${paths.certsDir}"
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "${snapshotter}"
  discard_unpacked_layers = ${discardUnpackedLayers}
`;
}

function formatVersion3(paths: ContainerdPaths, config: ContainerdConfig): string {
  const { discardUnpackedLayers = false, parallelFetchBuffer = 0, localPull = false, snapshotter = "overlayfs" } =
    config;
  return `${formatCommon(3, paths)}
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "${snapshotter}"
  discard_unpacked_layers = ${discardUnpackedLayers}
  use_local_image_pull = ${localPull}
  concurrent_layer_fetch_buffer = ${parallelFetchBuffer}
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${SANDBOX_IMAGE}"
[plugins."io.containerd.cri.v1.images".registry]
  config_path = "${paths.certsDir}"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
[plugins."io.containerd.transfer.v1.local"]
  concurrent_layer_fetch_buffer = ${parallelFetchBuffer}
`;
}
