import type { Distribution } from "../../hosts/distributions.ts";
import type { HostFiles } from "./host_files.ts";

/** A variable that systemd gives a service, and where it is set. */
export interface UnitVariable {
  name: string;
  value: string;
  /** The file that sets it. */
  path: string;
}

/** What is set for the services that containerd may run in. */
export interface UnitEnvironment {
  /** Whether any file of such a service could be seen. */
  seen: boolean;
  /** The variables; where one is set twice, the later one counts. */
  variables: UnitVariable[];
}

/** Where systemd looks for units and for drop-ins, the ones that count most last. */
const UNIT_DIRS = ["/usr/lib/systemd/system", "/lib/systemd/system", "/run/systemd/system", "/etc/systemd/system"];
/** Files of variables that distributions read beside what the unit names. */
const DEFAULT_DIRS = ["/etc/default", "/etc/sysconfig"];

/** Reads which variables the services of a distribution start with. */
export async function readUnitEnvironment(
  files: HostFiles,
  { units }: Pick<Distribution, "units">,
): Promise<UnitEnvironment> {
  const environment: UnitEnvironment = { seen: false, variables: [] };
  for (const unit of units) {
    for (const path of await unitFiles(files, unit)) {
      const text = await files.read(path);
      if (text.state !== "seen") continue;
      environment.seen = true;
      for (const { key, value } of serviceLines(text.value)) {
        if (key === "Environment") environment.variables.push(...assignments(value, path));
        else environment.variables.push(...await fileVariables(files, value.replace(/^-/, "")));
      }
    }
    for (const path of [`/etc/systemd/system/${unit}.service.env`, ...DEFAULT_DIRS.map((dir) => `${dir}/${unit}`)]) {
      environment.variables.push(...await fileVariables(files, path));
    }
  }
  return environment;
}

/** Returns what a variable is in the end. Programs of Go look at both ways of writing its name. */
export function lastOf(variables: readonly UnitVariable[], name: string): UnitVariable | undefined {
  return variables.findLast((variable) => variable.name.toUpperCase() === name && variable.value !== "");
}

async function unitFiles(files: HostFiles, unit: string): Promise<string[]> {
  const found: string[] = [];
  for (const dir of UNIT_DIRS) {
    found.push(`${dir}/${unit}.service`);
    const names = await files.list(`${dir}/${unit}.service.d`);
    if (names.state !== "seen") continue;
    found.push(...names.value.filter((name) => name.endsWith(".conf")).map((n) => `${dir}/${unit}.service.d/${n}`));
  }
  return found;
}

function serviceLines(text: string): { key: "Environment" | "EnvironmentFile"; value: string }[] {
  return [...text.replaceAll("\\\n", " ").matchAll(/^\s*(Environment|EnvironmentFile)\s*=(.*)$/gm)]
    .map(([, key, value = ""]) => ({ key: key as "Environment" | "EnvironmentFile", value: value.trim() }));
}

/** Reads `A=b "C=d e"`, as `Environment=` holds it. */
function assignments(text: string, path: string): UnitVariable[] {
  const words = [...text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)];
  return words.flatMap(([, double, single, bare]) => assignment(double ?? single ?? bare ?? "", path));
}

async function fileVariables(files: HostFiles, path: string): Promise<UnitVariable[]> {
  const text = await files.read(path);
  if (text.state !== "seen") return [];
  const lines = text.value.split("\n").map((line) => line.trim().replace(/^export\s+/, ""));
  return lines.filter((line) => !line.startsWith("#")).flatMap((line) => assignment(line, path));
}

function assignment(text: string, path: string): UnitVariable[] {
  const [, name, value = ""] = /^([A-Za-z_]\w*)=(.*)$/.exec(text) ?? [];
  if (name === undefined) return [];
  return [{ name, value: value.replace(/^(["'])(.*)\1$/, "$2"), path }];
}
