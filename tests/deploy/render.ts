import { runCommand } from "../support/run_command.ts";
import type { KubeObject } from "./kube_objects.ts";
import { deployTool } from "./setup/deploy_tools.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** The chart. */
export const CHART_DIR = `${ROOT}deploy/helm`;

/** The kustomize base, the overlay and the components. */
export const KUSTOMIZE_DIR = `${ROOT}deploy/kustomize`;

/** What `helm template` is told of the cluster. */
const KUBERNETES_VERSION = "1.34.0";

/** A Secret that the tests pretend is there: `helm template` can look up nothing. */
export const EXISTING_SECRET = "clusterSecret.existingSecret=peili-cluster-secret";

/** What {@linkcode renderChart} renders with. */
export interface RenderOptions {
  /** As after `--set`. */
  set?: readonly string[];
  /** A file of values. */
  valuesFile?: string;
  /** The values as JSON, for those that `--set` cannot write. */
  values?: Record<string, unknown>;
}

/** Renders the chart as `helm template` does, as YAML. */
export async function renderChart({ set = [], valuesFile, values }: RenderOptions = {}): Promise<string> {
  const files = [...(valuesFile ? ["--values", valuesFile] : []), ...(values ? ["--values", "-"] : [])];
  const sets = set.flatMap((text) => ["--set", text]);
  const args = ["template", "peili", CHART_DIR, "--namespace", "peili", "--kube-version", KUBERNETES_VERSION];
  return await runCommand(deployTool("helm"), [...args, ...files, ...sets], {
    stdin: values ? JSON.stringify(values) : "",
  });
}

/** Checks the chart as `helm lint --strict` does. */
export async function lintChart(set: readonly string[] = []): Promise<string> {
  const sets = set.flatMap((text) => ["--set", text]);
  const args = ["lint", "--strict", CHART_DIR, "--kube-version", KUBERNETES_VERSION, ...sets];
  return await runCommand(deployTool("helm"), args);
}

/** Renders a directory of `deploy/kustomize` as `kustomize build` does, as YAML. */
export async function renderKustomize(dir: string): Promise<string> {
  return await runCommand(deployTool("kustomize"), ["build", `${KUSTOMIZE_DIR}/${dir}`]);
}

/**
 * Decodes objects strictly into the types of the Kubernetes API.
 *
 * @throws {Error} If a field is unknown, given twice, or of the wrong type.
 */
export async function decodeObjects(yaml: string): Promise<KubeObject[]> {
  return JSON.parse(await runCommand(deployTool("decode"), [], { stdin: yaml }));
}
