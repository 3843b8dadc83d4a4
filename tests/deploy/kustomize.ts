import { parseAllDocuments, stringify } from "yaml";
import type { KubeObject } from "./kube_objects.ts";
import { EXISTING_SECRET, renderChart } from "./render.ts";

/** Labels and annotations that only Helm has a use for. */
const HELM_REGEXP = /^(helm\.sh\/|app\.kubernetes\.io\/managed-by$)/;

/** A file of `deploy/kustomize`: its path and its text. */
export type KustomizeFiles = Map<string, string>;

/** Returns the object without what only Helm has a use for. */
export function withoutHelm<T extends KubeObject>(object: T): T {
  const { labels, annotations } = object.metadata;
  const metadata = { ...object.metadata, labels: others(labels), annotations: others(annotations) };
  return JSON.parse(JSON.stringify({ ...object, metadata }));
}

/** Makes all files of `deploy/kustomize`, from what the chart renders. */
export async function kustomizeFiles(): Promise<KustomizeFiles> {
  const plain = await objectsOf([]);
  const cleanup = (object: KubeObject) => object.metadata.name.startsWith("peili-cleanup");
  const monitoring = (await objectsOf(["serviceMonitor.enabled=true", "prometheusRule.enabled=true"]))
    .filter(({ kind }) => ["ServiceMonitor", "PrometheusRule"].includes(kind));
  const dashboard = (await objectsOf(["grafanaDashboard.enabled=true"])).filter(({ kind }) => kind === "ConfigMap");
  const scaler = (await objectsOf(["verticalPodAutoscaler.enabled=true"]))
    .filter(({ kind }) => kind === "VerticalPodAutoscaler");
  return new Map([
    ...folder("base", plain.filter((object) => !cleanup(object)), BASE_COMMENT),
    ...folder("cleanup", plain.filter(cleanup), CLEANUP_COMMENT),
    ...folder("components/monitoring", [...monitoring, ...dashboard], "", "Component"),
    ...folder("components/vertical-pod-autoscaler", scaler, "", "Component"),
    ...await podNetwork(),
  ]);
}

const GENERATED = "# Written by `deno task kustomize` from the Helm chart.\n";

const BASE_COMMENT = `# The nodes share a Secret, which has to be made once:
#
#   kubectl --namespace peili create secret generic peili-cluster-secret --from-literal=secret="$(openssl rand -hex 32)"
`;

const CLEANUP_COMMENT =
  `# Takes back what Peili configured on the nodes, after the base is gone; then it can be deleted itself:
#
#   kubectl delete -k base && kubectl apply -k cleanup
#   kubectl --namespace peili wait pod/peili-cleanup-wait --for=jsonpath={.status.phase}=Succeeded --timeout=10m
#   kubectl delete -k cleanup
`;

async function objectsOf(set: readonly string[]): Promise<KubeObject[]> {
  const documents = parseAllDocuments(await renderChart({ set: [EXISTING_SECRET, ...set] }));
  return documents.map((document) => document.toJS()).filter((object) => object !== null).map(withoutHelm);
}

function folder(
  dir: string,
  objects: readonly KubeObject[],
  comment: string,
  kind: "Kustomization" | "Component" = "Kustomization",
): [path: string, text: string][] {
  const files = objects.map((object): [string, string] => [fileOf(object), `${GENERATED}${yaml(object)}`]);
  const kustomization = {
    apiVersion: `kustomize.config.k8s.io/${kind === "Component" ? "v1alpha1" : "v1beta1"}`,
    kind,
    ...(kind === "Kustomization" ? { namespace: "peili" } : {}),
    resources: files.map(([path]) => path).sort(),
  };
  files.push(["kustomization.yaml", `${GENERATED}${comment}${yaml(kustomization)}`]);
  return files.map(([path, text]) => [`${dir}/${path}`, text]);
}

/** The pods on a network of their own, with what that changes: the whole pod, as lists cannot be patched in part. */
async function podNetwork(): Promise<[path: string, text: string][]> {
  const objects = await objectsOf(["hostNetwork=false"]);
  const policy = objects.filter(({ kind }) => kind === "NetworkPolicy");
  const daemonSet = objects.find(({ kind, metadata }) => kind === "DaemonSet" && metadata.name === "peili");
  const { template } = daemonSet?.spec as { template: { spec: unknown } };
  const component = {
    apiVersion: "kustomize.config.k8s.io/v1alpha1",
    kind: "Component",
    resources: policy.map(fileOf),
    patches: [{
      target: { kind: "DaemonSet", name: "peili" },
      patch: yaml([{ op: "replace", path: "/spec/template/spec", value: template.spec }]),
    }],
  };
  const dir = "components/pod-network";
  return [
    ...policy.map((object): [string, string] => [`${dir}/${fileOf(object)}`, `${GENERATED}${yaml(object)}`]),
    [`${dir}/kustomization.yaml`, `${GENERATED}${yaml(component)}`],
  ];
}

function fileOf({ kind, metadata }: KubeObject): string {
  return `${kind.toLowerCase()}-${metadata.name}.yaml`;
}

function yaml(value: unknown): string {
  return stringify(value, { lineWidth: 0 });
}

function others(names: Record<string, string> | undefined): Record<string, string> | undefined {
  const kept = Object.entries(names ?? {}).filter(([name]) => !HELM_REGEXP.test(name));
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}
