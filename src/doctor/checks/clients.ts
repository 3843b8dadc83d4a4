import { parse } from "@std/toml";
import type { Facts } from "../facts/facts.ts";
import { tomlProblem } from "../facts/toml_problem.ts";
import { finding, notChecked, ok, type Result } from "../result.ts";

/** nerdctl's own configuration. */
const NERDCTL_TOML = "/etc/nerdctl/nerdctl.toml";
/** Where nerdctl looks unless it is told otherwise. */
const HOSTS_DIRS_BY_DEFAULT = ["/etc/containerd/certs.d", "/etc/docker/certs.d"];

/** Whether the other clients of containerd use the mirror: they do not read the configuration of its plugins. */
export async function checkClients({ files, options }: Facts): Promise<Result[]> {
  const { containerdRegistryConfigPath: dir } = options;
  const ctr = `ctr asks the mirror with --hosts-dir ${dir} only`;
  const text = await files.read(NERDCTL_TOML);
  if (text.state === "hidden") {
    return [notChecked("clients", `${NERDCTL_TOML}: ${text.why}; ${ctr}`, `grep hosts_dir ${NERDCTL_TOML}`)];
  }
  if (text.state === "absent") {
    const nerdctl = HOSTS_DIRS_BY_DEFAULT.includes(dir)
      ? "nerdctl reads the same directory"
      : `nerdctl asks the mirror with --hosts-dir ${dir} only`;
    return [ok("clients", `${nerdctl}; ${ctr}`)];
  }
  const fix = [`In ${NERDCTL_TOML}:`, `  hosts_dir = ["${dir}"]`];
  const why = "nerdctl then goes straight to the registry. Pulls of the kubelet are not affected.";
  try {
    const { hosts_dir: set = HOSTS_DIRS_BY_DEFAULT } = parse(text.value);
    const dirs = Array.isArray(set) ? set.map(String) : [String(set)];
    if (dirs.includes(dir)) return [ok("clients", `nerdctl reads ${dir}; ${ctr}`)];
    return [finding("clients", { what: `nerdctl reads ${dirs.join(", ")}, not ${dir}`, why, fix })];
  } catch (reason) {
    const what = `${NERDCTL_TOML} cannot be parsed: ${tomlProblem(reason)}`;
    return [finding("clients", { what, why, fix: [`Correct ${NERDCTL_TOML}, and:`, ...fix] })];
  }
}
