import { sleep } from "../../core/deadline.ts";
import { SECOND_MS } from "../../core/units.ts";
import { EVERY_REGISTRY } from "../../oci/mirrored_registries.ts";
import { PROBE_PREFIX } from "../../status/probe_log.ts";
import type { Facts } from "../facts/facts.ts";
import { hostnameOf, isLoopback, mirrorIn, usedMirrorUrls } from "../facts/mirror_url.ts";
import { lastOf, readUnitEnvironment } from "../facts/systemd_environment.ts";
import { finding, notChecked, ok, type Result } from "../result.ts";
import { noProxyFix } from "./proxy.ts";

/** A registry that cannot be (RFC 2606): where all are mirrored, nobody outside hears of the probe. */
const PROBE_REGISTRY = "peili-probe.invalid";
/** How long the mirror may take to be asked, in milliseconds. */
const ARRIVE_MS = 5 * SECOND_MS;

/** Whether a pull of containerd really arrives at the mirror. */
export async function checkProbe(facts: Facts): Promise<Result[]> {
  const { node, containerd, hosts, inspection, options, signal } = facts;
  if (!options.probe) {
    return [
      notChecked(
        "probe",
        "containerd is asked to pull a name that nobody has only if --probe is given",
        "peili doctor --probe",
      ),
    ];
  }
  if (node.state === "silent" || containerd.state === "silent") {
    return [notChecked("probe", "containerd or the node does not answer", "peili doctor --probe")];
  }
  const ours = hosts.registries.filter((file) => mirrorIn(file, node.status));
  const registry = ours.length === 0 || ours.some(({ name }) => name === EVERY_REGISTRY)
    ? PROBE_REGISTRY
    : ours[0]?.registry ?? PROBE_REGISTRY;
  const repository = `${PROBE_PREFIX}${crypto.randomUUID().slice(0, 8)}`;
  const name = `${registry}/${repository}:probe`;
  const ended = new AbortController();
  const pulling = inspection.pull(name, { signal: AbortSignal.any([signal, ended.signal]) });
  try {
    const arrived = await hasArrived(node.client, repository, { pulling, signal });
    return [arrived ? ok("probe", `a pull of ${name} arrived at the mirror`) : await lostFinding(facts, name)];
  } finally {
    ended.abort();
    await pulling.catch(() => {});
  }
}

type Client = (Facts["node"] & { state: "answers" })["client"];

/** The mirror is asked before anybody else: once the pull has failed, or after some seconds, it will not be any more. */
async function hasArrived(
  client: Client,
  repository: string,
  { pulling, signal }: { pulling: Promise<unknown>; signal: AbortSignal },
): Promise<boolean> {
  let over = false;
  pulling.catch(() => {}).finally(() => over = true);
  const giveUpAt = Date.now() + ARRIVE_MS;
  for (;;) {
    const isLast = over || Date.now() >= giveUpAt;
    const { probes } = await client.status({ signal });
    if (probes.some((probe) => probe.repository === repository)) return true;
    if (isLast) return false;
    await sleep(100, signal);
  }
}

async function lostFinding(facts: Facts, name: string): Promise<Result> {
  const { node, hosts } = facts;
  const targets = node.state === "answers" ? usedMirrorUrls(hosts, node.status) : [];
  const remote = targets.map(hostnameOf).filter((host) => !isLoopback(host));
  const { variables } = await readUnitEnvironment(facts.files, facts.options.distribution);
  const noProxy = lastOf(variables, "NO_PROXY");
  return finding("probe", {
    what: `a pull of ${name} did not arrive at the mirror`,
    why: "containerd does not ask the mirror, whatever its configuration says.",
    fix: [
      "Look at the other findings first: config-path, config-path-list, hosts-present, hosts-target.",
      ...(remote.length > 0
        ? ["If there are none, a proxy takes the requests to the mirror:", ...noProxyFix(facts, remote, noProxy)]
        : []),
      `If all is well: ${facts.options.distribution.restart}, as containerd reads its own configuration at its start.`,
    ],
  });
}
