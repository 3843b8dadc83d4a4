import type { Facts } from "../facts/facts.ts";
import { hostnameOf, isLoopback, usedMirrorUrls } from "../facts/mirror_url.ts";
import { isPastProxy } from "../facts/no_proxy.ts";
import { lastOf, readUnitEnvironment, type UnitVariable } from "../facts/systemd_environment.ts";
import { finding, notChecked, ok, type Result } from "../result.ts";

/** Whether a proxy of containerd takes what is meant for the mirror. */
export async function checkProxy(facts: Facts): Promise<Result[]> {
  const { node, hosts, options, files } = facts;
  const command = `tr '\\0' '\\n' < /proc/$(pidof containerd)/environ | grep -i proxy`;
  if (node.state === "silent" || hosts.state === "hidden") {
    return [notChecked("proxy", "it is not known where hosts.toml files lead", command)];
  }
  const targets = usedMirrorUrls(hosts, node.status);
  const remote = targets.filter((url) => !isLoopback(hostnameOf(url)));
  if (remote.length === 0) return [ok("proxy", "the mirror is asked on loopback, where Go uses no proxy")];
  const { seen, variables } = await readUnitEnvironment(files, options.distribution);
  if (!seen) return [notChecked("proxy", "the units of systemd cannot be seen from here", command)];
  const proxy = lastOf(variables, "CONTAINERD_HTTP_PROXY") ?? lastOf(variables, "HTTP_PROXY");
  if (proxy === undefined) return [ok("proxy", "containerd's unit sets no HTTP_PROXY")];
  const noProxy = lastOf(variables, "CONTAINERD_NO_PROXY") ?? lastOf(variables, "NO_PROXY");
  const taken = remote.filter((url) => !isPastProxy(hostnameOf(url), portOf(url), noProxy?.value ?? ""));
  if (taken.length === 0) return [ok("proxy", `containerd has a proxy, and NO_PROXY covers ${remote.join(", ")}`)];
  return [proxyFinding(facts, { taken, proxy, noProxy })];
}

/** Says which line lets containerd go past its proxy. */
export function noProxyFix(facts: Facts, hosts: readonly string[], noProxy: UnitVariable | undefined): string[] {
  const { distribution } = facts.options;
  const unit = distribution.units[0] ?? "containerd";
  const path = noProxy?.path ?? `/etc/systemd/system/${unit}.service.d/http-proxy.conf`;
  const value = [noProxy?.value ?? "", ...hosts].filter((part) => part !== "").join(",");
  const name = noProxy?.name ?? "NO_PROXY";
  const line = path.endsWith(".conf") || path.endsWith(".service")
    ? `Environment="${name}=${value}"`
    : `${name}=${value}`;
  return [`In ${path}:`, `  ${line}`, "Then: systemctl daemon-reload", `Then: ${distribution.restart}`];
}

function proxyFinding(
  facts: Facts,
  { taken, proxy, noProxy }: { taken: string[]; proxy: UnitVariable; noProxy: UnitVariable | undefined },
): Result {
  return finding("proxy", {
    what: `containerd asks ${taken.join(", ")} through its proxy (${proxy.name} in ${proxy.path})`,
    why: "The proxy cannot reach the mirror of this node, or reaches that of another one: pulls bypass the mirror.",
    fix: noProxyFix(facts, taken.map(hostnameOf), noProxy),
  });
}

function portOf(url: string): string {
  return URL.parse(url)?.port || "80";
}
