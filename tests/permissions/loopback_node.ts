import { type LoggedProcess, spawnLogged } from "../support/logged_process.ts";

/** Where a node on loopback listens. */
export interface LoopbackAddresses {
  /** Where its containerd asks. */
  local: string;
  /** Where other nodes ask. */
  registry: string;
  /** Where libp2p listens. */
  router: string;
  /** Where its metrics are. */
  metrics: string;
  /** Where it tells its address to others. */
  bootstrap: string;
}

const KINDS = ["local", "registry", "router", "metrics", "bootstrap"] as const;

/** Chooses addresses for nodes on loopback: the same free ports on each of the hosts. */
export function loopbackAddresses(...hosts: readonly string[]): LoopbackAddresses[] {
  using ports = new DisposableStack();
  const listeners = KINDS.map((kind) => [kind, ports.adopt(Deno.listen({ port: 0 }), (l) => l.close())] as const);
  return hosts.map((host) => {
    const entries = listeners.map(([kind, { addr }]) => [kind, `${host}:${addr.port}`]);
    return Object.fromEntries(entries) as unknown as LoopbackAddresses;
  });
}

/** Returns the flags that make a node listen there. */
export function listenFlags({ local, registry, router, metrics }: LoopbackAddresses): string[] {
  return [
    `--local-addr=${local}`,
    `--registry-addr=${registry}`,
    `--router-addr=${router}`,
    `--metrics-addr=${metrics}`,
  ];
}

/** Starts another node over an OCI layout, which nobody watches. */
export function startOtherNode(
  options: { bundle: string; layoutDir: string; addresses: LoopbackAddresses; logPath: string },
): LoggedProcess {
  const { bundle, layoutDir, addresses, logPath } = options;
  return spawnLogged({
    name: "the other node",
    command: [
      Deno.execPath(),
      "run",
      "--no-prompt",
      "--no-config",
      "--allow-net",
      `--allow-read=${layoutDir}`,
      "--ignore-env",
      bundle,
      "registry",
      ...listenFlags(addresses),
      "--store=oci-layout",
      `--oci-layout-path=${layoutDir}`,
      "--bootstrap-kind=http",
      `--http-bootstrap-addr=${addresses.bootstrap}`,
    ],
    logPath,
  });
}
