import type { ContainerdInspection } from "../../store/containerd/inspection.ts";
import type { DoctorOptions } from "../options.ts";
import type { ConfigFacts } from "./containerd_config.ts";
import type { ContainerdFacts } from "./containerd_facts.ts";
import type { HostFiles } from "./host_files.ts";
import type { HostsFacts } from "./hosts_files.ts";
import type { NodeFacts } from "./node_facts.ts";

/** All that the checks start from. */
export interface Facts {
  /** Where the doctor looks. */
  options: DoctorOptions;
  /** The node's files. */
  files: HostFiles;
  /** What containerd tells. */
  containerd: ContainerdFacts;
  /** Asks it again. */
  inspection: ContainerdInspection;
  /** Its configuration on the disk. */
  config: ConfigFacts;
  /** The `hosts.toml` files. */
  hosts: HostsFacts;
  /** What the running node tells. */
  node: NodeFacts;
  /** Ends everything. */
  signal: AbortSignal;
}
