import type { ListenAddress } from "../core/listen_address.ts";
import type { Distribution } from "../hosts/distributions.ts";

/** Where the doctor looks, and what it may do. */
export interface DoctorOptions {
  /** Where the distribution keeps things; what is given beside it wins. */
  distribution: Distribution;
  /** containerd's socket. */
  containerdSock: string;
  /** The containerd namespace that is served. */
  containerdNamespace: string;
  /** containerd's content directory, as this process sees it. @default the one that the node or containerd tells */
  containerdContentPath?: string;
  /** The directory of `hosts.toml` files. */
  containerdRegistryConfigPath: string;
  /** The file that containerd is started with. */
  containerdConfig: string;
  /** Where the running node serves its metrics. */
  metricsAddr: ListenAddress;
  /** Where the node's root directory is, as this process sees it. */
  hostRoot: string;
  /** Whether this process runs in a pod: files that are not there may just not be mounted. */
  inPod: boolean;
  /** Whether containerd may be asked to pull a name that nobody has. */
  probe: boolean;
  /** The share of the content's file system that has to be free, in percent. */
  minFreePercent: number;
}
