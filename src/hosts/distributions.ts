/** Where a distribution of Kubernetes keeps what Peili has to know of. */
export interface Distribution {
  /** containerd's socket. */
  containerdSock: string;
  /** containerd's content directory. */
  containerdContentPath: string;
  /** The directory that containerd reads registries from. */
  containerdRegistryConfigPath: string;
  /** The file that containerd is started with. */
  containerdConfig: string;
  /** Where a change to that file has to be made so that it lasts, if not in the file itself. */
  changeIn?: string;
  /** What makes containerd read its file again. */
  restart: string;
  /** The systemd units that containerd may run in. */
  units: readonly string[];
}

const UPSTREAM: Distribution = {
  containerdSock: "/run/containerd/containerd.sock",
  containerdContentPath: "/var/lib/containerd/io.containerd.content.v1.content",
  containerdRegistryConfigPath: "/etc/containerd/certs.d",
  containerdConfig: "/etc/containerd/config.toml",
  restart: "systemctl restart containerd",
  units: ["containerd"],
};

function rancher(name: "k3s" | "rke2", units: readonly string[]): Distribution {
  const agent = `/var/lib/rancher/${name}/agent`;
  return {
    containerdSock: "/run/k3s/containerd/containerd.sock",
    containerdContentPath: `${agent}/containerd/io.containerd.content.v1.content`,
    containerdRegistryConfigPath: `${agent}/etc/containerd/certs.d`,
    containerdConfig: `${agent}/etc/containerd/config.toml`,
    changeIn: `${agent}/etc/containerd/config-v3.toml.tmpl (config.toml.tmpl before containerd 2)`,
    restart: `systemctl restart ${units.join(" or ")}`,
    units,
  };
}

const MICROK8S = "/var/snap/microk8s";

/**
 * The distributions that `--preset` knows, by name.
 *
 * Their own documentation and sources are where this is from; `docs/distributions.md` says more about each.
 */
export const DISTRIBUTIONS = {
  "kubeadm": UPSTREAM,
  "k3s": rancher("k3s", ["k3s", "k3s-agent"]),
  "rke2": rancher("rke2", ["rke2-server", "rke2-agent"]),
  "talos": {
    ...UPSTREAM,
    containerdRegistryConfigPath: "/etc/cri/conf.d/hosts",
    containerdConfig: "/etc/cri/containerd.toml",
    changeIn: "machine.files: /etc/cri/conf.d/20-customization.part",
    restart: "talosctl reboot",
    units: [],
  },
  "eks-al2023": { ...UPSTREAM, changeIn: "spec.containerd.config of the NodeConfig in the node's user data" },
  "aks": UPSTREAM,
  "gke": {
    ...UPSTREAM,
    containerdRegistryConfigPath: "/etc/containerd/hosts.d",
    changeIn: "containerdConfig of the node pool (gcloud container node-pools update --containerd-config-from-file)",
  },
  "kind": {
    ...UPSTREAM,
    changeIn: "containerdConfigPatches of the kind cluster, or /etc/containerd/config.toml in the node's container",
    restart: "docker exec <node> systemctl restart containerd",
  },
  "minikube": { ...UPSTREAM, restart: "minikube ssh -- sudo systemctl restart containerd" },
  "k0s": {
    containerdSock: "/run/k0s/containerd.sock",
    containerdContentPath: "/var/lib/k0s/containerd/io.containerd.content.v1.content",
    containerdRegistryConfigPath: "/etc/k0s/containerd.d/certs.d",
    containerdConfig: "/etc/k0s/containerd.toml",
    changeIn: "/etc/k0s/containerd.d/peili.toml",
    restart: "nothing to restart: k0s notices the file",
    units: ["k0sworker", "k0scontroller"],
  },
  "microk8s": {
    containerdSock: `${MICROK8S}/common/run/containerd.sock`,
    containerdContentPath: `${MICROK8S}/common/var/lib/containerd/io.containerd.content.v1.content`,
    containerdRegistryConfigPath: `${MICROK8S}/current/args/certs.d`,
    containerdConfig: `${MICROK8S}/current/args/containerd.toml`,
    changeIn: `${MICROK8S}/current/args/containerd-template.toml`,
    restart: "snap restart microk8s.daemon-containerd",
    units: ["snap.microk8s.daemon-containerd"],
  },
} as const satisfies Record<string, Distribution>;

/** The name of a distribution. */
export type DistributionName = keyof typeof DISTRIBUTIONS;

/** The names, in the order in which they are told. */
export const DISTRIBUTION_NAMES = Object.keys(DISTRIBUTIONS) as DistributionName[];
