import { runCommand } from "../../support/run_command.ts";
import {
  type AptSource,
  formatDeb822Sources,
  parseDeb822Sources,
  parseOneLineSources,
  retargetSources,
} from "./apt_sources.ts";
import { toolsDir } from "./tools.ts";

/** Fetching waits for mirrors, but not for ever. */
const FETCH_TIMEOUT_MS = 300_000;

/** What is unpacked. */
export interface UnpackOptions {
  /** The Debian suite. */
  suite: string;
  /** The packages, without those that they depend on. */
  packages: readonly string[];
  /** The directory, which is emptied first. */
  target: string;
  /** As Debian calls it: `arm64`. @default the machine's own */
  architecture?: string;
}

/**
 * Unpacks packages of a Debian suite beside the machine's own, reached through the machine's own sources.
 *
 * @throws {Error} If the suite does not have them, or cannot be reached.
 */
export async function unpackFromSuite({ suite, packages, target, architecture }: UnpackOptions): Promise<void> {
  const aptDir = `${toolsDir()}/apt/${[suite, ...(architecture ? [architecture] : [])].join("-")}`;
  const apt = [...await ownApt(aptDir, suite), ...(architecture ? foreign(architecture) : [])];
  await runCommand("apt-get", [...apt, "update"], { timeoutMs: FETCH_TIMEOUT_MS });
  await removeDir(`${aptDir}/download`);
  await Deno.mkdir(`${aptDir}/download`);
  await runCommand("apt-get", [...apt, "download", ...packages], {
    cwd: `${aptDir}/download`,
    timeoutMs: FETCH_TIMEOUT_MS,
  });
  await removeDir(target);
  for await (const { name } of Deno.readDir(`${aptDir}/download`)) {
    await runCommand("dpkg", ["-x", `${aptDir}/download/${name}`, target], { timeoutMs: FETCH_TIMEOUT_MS });
  }
  await removeDir(aptDir);
}

/** Options that keep apt-get from the machine's own lists, cache and state. */
async function ownApt(dir: string, suite: string): Promise<string[]> {
  for (const sub of ["lists/partial", "cache/archives/partial"]) {
    await Deno.mkdir(`${dir}/${sub}`, { recursive: true });
  }
  const sources = retargetSources(await machineSources(), await machineSuites(), suite);
  if (sources.length === 0) throw new Error(`Cannot reach suite "${suite}": this machine has no Debian sources`);
  await Deno.writeTextFile(`${dir}/suite.sources`, formatDeb822Sources(sources));
  await Deno.writeTextFile(`${dir}/status`, "");
  const settings = {
    "Dir::Etc::sourcelist": `${dir}/suite.sources`,
    "Dir::Etc::sourceparts": "-",
    "Dir::State::lists": `${dir}/lists`,
    "Dir::State::status": `${dir}/status`,
    "Dir::Cache": `${dir}/cache`,
    "APT::Sandbox::User": "root", // the download directory need not be readable for apt's own user
    "Acquire::Languages": "none",
    "Acquire::Check-Valid-Until": "false", // machines that are kept at a date in the past have old lists
  };
  return ["-qq", ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
}

function foreign(architecture: string): string[] {
  return ["-o", `APT::Architecture=${architecture}`, "-o", `APT::Architectures::=${architecture}`];
}

async function machineSources(): Promise<AptSource[]> {
  const sources = parseOneLineSources(await Deno.readTextFile("/etc/apt/sources.list").catch(() => ""));
  for await (const { name } of Deno.readDir("/etc/apt/sources.list.d")) {
    const text = await Deno.readTextFile(`/etc/apt/sources.list.d/${name}`);
    if (name.endsWith(".list")) sources.push(...parseOneLineSources(text));
    if (name.endsWith(".sources")) sources.push(...parseDeb822Sources(text));
  }
  return sources;
}

async function machineSuites(): Promise<string[]> {
  const release = await Deno.readTextFile("/etc/os-release");
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(release)?.[1] ?? "sid";
  return [codename, "stable", "testing", "unstable", "sid"];
}

async function removeDir(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((reason) => {
    if (!(reason instanceof Deno.errors.NotFound)) throw reason;
  });
}
