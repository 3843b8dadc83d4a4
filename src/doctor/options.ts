import type { ListenAddress } from "../core/listen_address.ts";
import type { Distribution } from "../hosts/distributions.ts";

/** Where the doctor looks, and what it may do. */
export interface DoctorOptions {
  /** Where the distribution keeps things; what is given beside it wins. */
  distribution: Distribution;
  /** containerd's socket, as this process sees it. */
  containerdSock: string;
  /** The containerd namespace that is served. */
  containerdNamespace: string;
  /** containerd's content directory, as this process sees it. @default the one that the node or containerd tells */
  containerdContentPath?: string;
  /** The directory of `hosts.toml` files, on the node. */
  containerdRegistryConfigPath: string;
  /** The file that containerd is started with, on the node. */
  containerdConfig: string;
  /** Where the running node serves its metrics. */
  metricsAddr: ListenAddress;
  /** Where the node's root directory is, as this process sees it. */
  hostRoot: string;
  /** The directories of the node that are mounted there. @default all, and in a pod without `hostRoot` none */
  hostPaths?: string[];
  /** Whether this process runs in a pod. */
  inPod: boolean;
  /** Whether containerd may be asked to pull a name that nobody has. */
  probe: boolean;
  /** The share of the content's file system that has to be free, in percent. */
  minFreePercent: number;
}
