import { errorMessage } from "../core/errors.ts";
import { ContainerdInspection } from "../store/containerd/inspection.ts";
import { checkBootstrap } from "./checks/bootstrap.ts";
import { checkClients } from "./checks/clients.ts";
import { checkConfigFiles } from "./checks/config_files.ts";
import { checkConfigPath } from "./checks/config_path.ts";
import { checkContainerd } from "./checks/containerd.ts";
import { checkFiles } from "./checks/files.ts";
import { checkHosts } from "./checks/hosts.ts";
import { checkLayers } from "./checks/layers.ts";
import { checkNode } from "./checks/node.ts";
import { checkPeers } from "./checks/peers.ts";
import { checkProbe } from "./checks/probe.ts";
import { checkProxy } from "./checks/proxy.ts";
import { askContainerd } from "./facts/containerd_facts.ts";
import { readContainerdConfig } from "./facts/containerd_config.ts";
import type { Facts } from "./facts/facts.ts";
import { HostFiles } from "./facts/host_files.ts";
import { readHostsFiles } from "./facts/hosts_files.ts";
import { askNode } from "./facts/node_facts.ts";
import type { DoctorOptions } from "./options.ts";
import { type CheckName, CHECKS, notChecked, type Result } from "./result.ts";

/** The checks, and what each of them tells. */
const RUN: readonly { tells: readonly CheckName[]; check(facts: Facts): Result[] | Promise<Result[]> }[] = [
  { tells: ["containerd", "containerd-version"], check: checkContainerd },
  { tells: ["config-path", "config-path-list"], check: checkConfigPath },
  { tells: ["drop-ins", "config-loaded"], check: checkConfigFiles },
  { tells: ["discarded-layers"], check: checkLayers },
  { tells: ["hosts-present", "hosts-parsed", "hosts-hidden", "hosts-target"], check: checkHosts },
  { tells: ["proxy"], check: checkProxy },
  { tells: ["clients"], check: checkClients },
  { tells: ["node", "hit-rate"], check: checkNode },
  { tells: ["probe"], check: checkProbe },
  { tells: ["bootstrap", "peers"], check: checkBootstrap },
  { tells: ["peer-ports", "peer-ports-back", "secret", "clock"], check: checkPeers },
  { tells: ["permissions", "disk"], check: checkFiles },
];

/**
 * Looks at a node and everything around it. Changes nothing: the one thing that it may do, where the options allow it,
 * is to have containerd pull a name that nobody has.
 *
 * @returns One result for each check, in the order of {@linkcode CHECKS}.
 */
export async function examine(options: DoctorOptions, { signal }: { signal: AbortSignal }): Promise<Result[]> {
  using owned = new DisposableStack();
  const { hostRoot, inPod, hostPaths = inPod && hostRoot === "/" ? [] : undefined } = options;
  const files = new HostFiles(hostRoot, hostPaths);
  const inspection = owned.use(new ContainerdInspection(options.containerdSock, options.containerdNamespace));
  const [containerd, config, hosts, node] = await Promise.all([
    askContainerd(inspection, { signal }),
    readContainerdConfig(files, options.containerdConfig),
    readHostsFiles(files, options.containerdRegistryConfigPath),
    askNode(options.metricsAddr, owned, { signal }),
  ]);
  const facts: Facts = { options, files, containerd, inspection, config, hosts, node, signal };
  const results = await Promise.all(RUN.map(({ tells, check }) => runSafely(tells, () => check(facts))));
  const order = Object.keys(CHECKS);
  return results.flat().sort((a, b) => order.indexOf(a.check) - order.indexOf(b.check));
}

/** A check that fails must not take the others with it. */
async function runSafely(
  tells: readonly CheckName[],
  check: () => Result[] | Promise<Result[]>,
): Promise<Result[]> {
  try {
    return await check();
  } catch (reason) {
    const what = `the check failed: ${errorMessage(reason)}`;
    return tells.map((name) => notChecked(name, what, "peili doctor --json"));
  }
}
