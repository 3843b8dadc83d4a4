import { unpackFromSuite } from "../../integration/setup/unpack_from_suite.ts";
import { CONTAINERD_SOURCES, toolsDir } from "../../integration/setup/tools.ts";
import { runCommand } from "../../support/run_command.ts";

/** The processors that images are made for, as OCI and Debian call them. */
export const ARCHITECTURES = ["amd64", "arm64"] as const;

/** A processor. */
export type Architecture = (typeof ARCHITECTURES)[number];

/** The packages of npm that carry the program `deno`. */
const DENO_PACKAGES: Record<Architecture, string> = {
  amd64: "@deno/linux-x64-glibc",
  arm64: "@deno/linux-arm64-glibc",
};

/** What the image has of Debian: what `deno` is linked with. */
const BASE_PACKAGES = ["libc6", "libgcc-s1"];

/** Parts of these packages that no program needs to run. */
const NOT_NEEDED = ["usr/share"];

/** npm asks its registry for the archive, and it has 40 MB. */
const PACK_TIMEOUT_MS = 300_000;

/** The processor of this machine. */
export const OWN_ARCHITECTURE: Architecture = Deno.build.arch === "aarch64" ? "arm64" : "amd64";

/** The directory of the files that a base image is made of. */
export function baseFiles(architecture: Architecture): string {
  return `${toolsDir()}/image/base-${architecture}`;
}

/** The directory of the program `deno`. */
export function denoFiles(architecture: Architecture): string {
  return `${toolsDir()}/image/deno-${Deno.version.deno}-${architecture}`;
}

/** The directory of busybox, which pods wait with. */
export function busyboxFiles(): string {
  return `${toolsDir()}/image/busybox`;
}

/** Returns the parts that are not there. */
export async function missingImageParts(): Promise<string[]> {
  const wanted = ARCHITECTURES.flatMap((architecture) => [
    [`the base of ${architecture}`, `${baseFiles(architecture)}/lib`],
    [`deno for ${architecture}`, `${denoFiles(architecture)}/deno`],
  ]);
  wanted.push(["busybox", `${busyboxFiles()}/bin/busybox`]);
  const found = await Promise.all(wanted.map(([, path = ""]) => Deno.stat(path).then(() => true, () => false)));
  return wanted.filter((_, index) => !found[index]).map(([name = ""]) => name);
}

/** Fetches the parts that images are made of. Where one is there already, nothing is done. */
export async function fetchImageParts(): Promise<void> {
  if ((await missingImageParts()).length === 0) return;
  await Deno.mkdir(`${toolsDir()}/image`, { recursive: true });
  const [suite = ""] = CONTAINERD_SOURCES["1.6"].suites;
  await unpackFromSuite({ packages: ["busybox-static"], suite, target: busyboxFiles() });
  for (const architecture of ARCHITECTURES) {
    const target = baseFiles(architecture);
    await unpackFromSuite({ packages: BASE_PACKAGES, suite, target, architecture });
    for (const path of NOT_NEEDED) await Deno.remove(`${target}/${path}`, { recursive: true });
    await fetchDeno(architecture);
  }
}

async function fetchDeno(architecture: Architecture): Promise<void> {
  const target = denoFiles(architecture);
  const name = `${DENO_PACKAGES[architecture]}@${Deno.version.deno}`;
  const dir = await Deno.makeTempDir({ prefix: "peili-" });
  try {
    await runCommand("npm", ["pack", "--silent", name], { cwd: dir, timeoutMs: PACK_TIMEOUT_MS });
    const [archive] = await Array.fromAsync(Deno.readDir(dir));
    await Deno.mkdir(target, { recursive: true });
    await runCommand("tar", ["-xzf", `${dir}/${archive?.name}`, "-C", target, "--strip-components=1", "package/deno"]);
    await Deno.chmod(`${target}/deno`, 0o755);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
