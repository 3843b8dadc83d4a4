import { findGo } from "../../interop/find_go.ts";
import { runCommand } from "../../support/run_command.ts";
import { toolsDir } from "../../integration/setup/tools.ts";

/** Programs of Go that are built from the versions that `tests/deploy/tools/go.mod` pins, and what each is built from. */
const PROGRAMS = {
  helm: "helm.sh/helm/v3/cmd/helm",
  kustomize: "sigs.k8s.io/kustomize/kustomize/v5",
  decode: "./decode",
} as const;

/** A program that renders or reads Kubernetes objects. */
export type DeployTool = keyof typeof PROGRAMS;

const MODULE = new URL("../tools/", import.meta.url).pathname;

/** Compiling takes minutes where nothing of it was compiled before. */
const BUILD_TIMEOUT_MS = 900_000;

/** Returns the path of a program. */
export function deployTool(name: DeployTool): string {
  return `${toolsDir()}/deploy/${name}`;
}

/** Returns the programs that are not built, or not from what is there now. */
export async function missingDeployTools(): Promise<string[]> {
  const stamp = await Deno.readTextFile(stampPath()).catch(() => "");
  return stamp === await sourcesStamp() ? [] : Object.keys(PROGRAMS);
}

/** Builds the programs, unless they are there. */
export async function buildDeployTools(): Promise<void> {
  if ((await missingDeployTools()).length === 0) return;
  const { program, missing } = await findGo();
  if (program === undefined) throw new Error(missing);
  await Deno.mkdir(`${toolsDir()}/deploy`, { recursive: true });
  const flags = ["-mod=readonly", "-ldflags=-s -w"];
  await runCommand(program, ["build", ...flags, `-o=${toolsDir()}/deploy/`, ...Object.values(PROGRAMS)], {
    cwd: MODULE,
    timeoutMs: BUILD_TIMEOUT_MS,
  });
  await Deno.writeTextFile(stampPath(), await sourcesStamp());
}

function stampPath(): string {
  return `${toolsDir()}/deploy/sources.sha256`;
}

async function sourcesStamp(): Promise<string> {
  const texts = await Promise.all(
    ["go.mod", "go.sum", "decode/main.go"].map((name) => Deno.readTextFile(`${MODULE}${name}`)),
  );
  const bytes = new TextEncoder().encode(texts.join("\0"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
