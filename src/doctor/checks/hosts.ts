import { EVERY_REGISTRY } from "../../oci/mirrored_registries.ts";
import type { NodeStatus } from "../../status/node_status.ts";
import type { Facts } from "../facts/facts.ts";
import { type ContainerdVersion, isAtLeast } from "../../store/containerd_version.ts";
import type { RegistryFile } from "../facts/hosts_files.ts";
import { hostnameOf, isLoopback, MIRROR_BY_DEFAULT, mirrorIn, mirrorUrls } from "../facts/mirror_url.ts";
import { type Finding, finding, notChecked, ok, type Result } from "../result.ts";

/** The words that `capabilities` may hold, and since when; another one makes containerd drop the whole file. */
const CAPABILITIES: Readonly<Record<string, string>> = { pull: "0", resolve: "0", push: "0", referrers: "2.2" };

/** The ports at which containerd finds Peili, and Spegel, unless they are told otherwise. */
const MIRROR_PORTS: readonly string[] = ["30020", "30021"];

/** Whether `hosts.toml` files lead containerd to the node. */
export function checkHosts(facts: Facts): Result[] {
  const { hosts } = facts;
  if (hosts.state === "hidden") {
    const command = `grep -r '^.host\\.' ${hosts.dir}`;
    return (["hosts-present", "hosts-parsed", "hosts-hidden", "hosts-target"] as const)
      .map((check) => notChecked(check, `${hosts.dir}: ${hosts.problem}`, command));
  }
  return [parsedResult(facts), ...placedResults(facts)];
}

function parsedResult({ hosts, containerd }: Facts): Result {
  const version = containerd.state === "answers" ? containerd.version : undefined;
  const problems = hosts.registries.flatMap((file) => problemOf(file, version) ?? []);
  if (problems.length === 0) {
    return ok(
      "hosts-parsed",
      `read: ${hosts.registries.map(({ name }) => name).join(", ") || "none"}`,
    );
  }
  return finding("hosts-parsed", {
    what: problems.map(({ path, problem }) => `${path}: ${problem}`).join("; "),
    why:
      "containerd drops such a file as a whole, logs that it failed to decode it, and goes straight to the registry.",
    fix: problems.map(({ path, fix }) => `${path}: ${fix}`),
  });
}

/** Says what containerd does not take, if anything. */
function problemOf(
  { path, problem, hosts }: RegistryFile,
  version: ContainerdVersion | undefined,
): { path: string; problem: string; fix: string } | undefined {
  if (problem !== undefined) {
    return { path, problem, fix: "correct that line, or remove the file and run peili configuration again." };
  }
  for (const { url, capabilities = [] } of hosts) {
    const unknown = capabilities.find((word) => {
      const since = CAPABILITIES[word];
      return since === undefined || (version !== undefined && !isAtLeast(version, since));
    });
    if (unknown === undefined) continue;
    const why = CAPABILITIES[unknown] === undefined ? "" : `, which containerd knows from ${CAPABILITIES[unknown]} on`;
    return {
      path,
      problem: `the host ${url} has the capability "${unknown}"${why}`,
      fix: `take "${unknown}" out of the capabilities of ${url}.`,
    };
  }
}

function placedResults(facts: Facts): Result[] {
  const { hosts, node, options: { containerdRegistryConfigPath: dir } } = facts;
  if (node.state === "silent") {
    const command = `grep -r '^.host\\.' ${dir}`;
    return (["hosts-present", "hosts-hidden", "hosts-target"] as const)
      .map((check) => notChecked(check, "the node does not say where it listens", command));
  }
  const { status } = node;
  const ours = hosts.registries.filter((file) => mirrorIn(file, status));
  const strange = hosts.registries.filter((file) => !ours.includes(file) && looksLikeOurs(file));
  const configure = configureLines(facts, status);
  const prepend = configureLines(facts, status, { prepend: true });
  const hidden = hiddenBehind(hosts.registries, ours, status.mirroredRegistries);
  return [
    presentResult({ ours, strange, status, configure, prepend, dir }),
    hidden.length === 0
      ? ok("hosts-hidden", "no directory of a single registry is without the mirror")
      : hiddenFinding(hidden, prepend),
    strange.length === 0
      ? ok("hosts-target", `the node answers containerd at ${mirrorUrls(status).join(" and ")}`)
      : targetFinding(strange, mirrorUrls(status), configure),
  ];
}

function presentResult(
  { ours, strange, status, configure, prepend, dir }: {
    ours: RegistryFile[];
    strange: RegistryFile[];
    status: NodeStatus;
    configure: string[];
    prepend: string[];
    dir: string;
  },
): Result {
  const later = ours.filter((file) => !leadsFirst(file, status));
  if (ours.length > 0 && later.length === 0) {
    return ok("hosts-present", `the mirror is first in ${ours.map(({ name }) => name).join(", ")}`);
  }
  if (ours.length > 0) {
    return finding("hosts-present", {
      what: `the mirror is not the first host in ${later.map(({ path }) => path).join(", ")}`,
      why: "containerd asks hosts in the order of the file, and the mirror only for what the others do not have.",
      fix: ["Move its table in front of the others. Or remove it, and:", ...prepend],
    });
  }
  return finding("hosts-present", {
    what: strange.length > 0 ? `no hosts.toml in ${dir} leads to this node` : `no hosts.toml in ${dir} names a mirror`,
    why: "containerd learns of the mirror by these files alone; without one it goes straight to the registry.",
    fix: configure,
  });
}

/** The mirror may follow other mirrors of its kind, as `--mirror-targets` can name several. */
function leadsFirst(file: RegistryFile, status: NodeStatus): boolean {
  const { index = 0 } = mirrorIn(file, status) ?? {};
  return file.hosts.slice(0, index).every(({ url }) => url.startsWith("http:"));
}

/** A mirror on this machine, or on a port that Peili and Spegel use, was meant to be one of theirs. */
function looksLikeOurs({ hosts }: RegistryFile): boolean {
  return hosts.some(({ url }) =>
    url.startsWith("http:") && (isLoopback(hostnameOf(url)) || MIRROR_PORTS.includes(URL.parse(url)?.port ?? ""))
  );
}

function hiddenBehind(all: RegistryFile[], ours: RegistryFile[], mirrored: readonly string[]): RegistryFile[] {
  if (!ours.some(({ name }) => name === EVERY_REGISTRY)) return [];
  return all.filter((file) =>
    !ours.includes(file) && file.name !== EVERY_REGISTRY && (mirrored.length === 0 || mirrored.includes(file.registry))
  );
}

function hiddenFinding(hidden: RegistryFile[], configure: string[]): Finding {
  const names = hidden.map(({ name }) => name);
  return finding("hosts-hidden", {
    what: `${names.join(", ")}: a directory of its own, without the mirror`,
    why: "containerd looks at one directory for a registry. The one of its name hides _default entirely.",
    fix: [
      ...configure,
      `Or remove ${hidden.map(({ path }) => path.replace(/\/[^/]*$/, "")).join(", ")}, if it is not needed.`,
    ],
  });
}

function targetFinding(strange: RegistryFile[], urls: readonly string[], configure: string[]): Finding {
  const named = strange.flatMap(({ path, hosts }) => hosts.map(({ url }) => `${url} (${path})`));
  return finding("hosts-target", {
    what: `hosts.toml names ${named.join(", ")}, but the node answers containerd at ${urls.join(" and ")}`,
    why: "containerd finds nobody there, or a listener that gives it only what is local, and goes to the registry.",
    fix: configure,
  });
}

/** Says how the files are written: by `peili configuration`, which in a cluster is an init container of the pod. */
function configureLines(
  { options: { containerdRegistryConfigPath: dir, inPod } }: Facts,
  status: NodeStatus,
  { prepend = false }: { prepend?: boolean } = {},
): string[] {
  if (inPod) {
    return prepend
      ? ["Set spegel.prependExisting=true in the values of the chart."]
      : ["Run: kubectl --namespace peili rollout restart daemonset/peili (its init container writes the files)"];
  }
  const target = mirrorUrls(status)[0] ?? MIRROR_BY_DEFAULT;
  const flags = [
    `--containerd-registry-config-path=${dir}`,
    `--mirror-targets=${target}`,
    ...status.mirroredRegistries.map((one) => `--mirrored-registries=https://${one}`),
    ...(prepend ? ["--prepend-existing"] : []),
  ];
  return [`Run: peili configuration ${flags.join(" ")}`];
}
