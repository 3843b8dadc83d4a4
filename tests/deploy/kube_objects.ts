/** A Kubernetes object, as far as the tests look at all kinds. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec?: unknown;
  data?: Record<string, string>;
}

/** A value of an environment variable. */
export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: { fieldRef?: { fieldPath: string } };
}

/** A probe by HTTP. */
export interface Probe {
  httpGet: { host?: string; path: string; port: string | number };
  periodSeconds?: number;
  failureThreshold?: number;
}

/** A container of a pod, as far as the charts use it. */
export interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  env?: EnvVar[];
  ports?: { name: string; containerPort: number }[];
  resources?: { limits?: { memory?: string } };
  securityContext: {
    runAsUser?: number;
    runAsGroup?: number;
    privileged?: boolean;
    readOnlyRootFilesystem?: boolean;
    allowPrivilegeEscalation?: boolean;
    capabilities?: { drop?: string[]; add?: string[] };
    seccompProfile?: { type: string };
  };
  startupProbe?: Probe;
  readinessProbe?: Probe;
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean; mountPropagation?: string }[];
}

/** A volume of a pod, as far as the charts use it. */
export interface Volume {
  name: string;
  hostPath?: { path: string; type?: string };
  secret?: { secretName: string; defaultMode?: number };
  emptyDir?: Record<string, never>;
}

/** What a pod is made from. */
export interface PodSpec {
  hostNetwork?: boolean;
  dnsPolicy?: string;
  terminationGracePeriodSeconds?: number;
  initContainers?: Container[];
  containers: Container[];
  volumes?: Volume[];
}

/** A pod, or the template of one. */
export interface PodTemplate {
  metadata: { name?: string; labels?: Record<string, string> };
  spec: PodSpec;
}

/**
 * Finds the one object of a kind and a name.
 *
 * @throws {Error} If there is none; the text names those that there are.
 */
export function findObject(objects: readonly KubeObject[], kind: string, name: string): KubeObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found) return found;
  const all = objects.map((object) => `${object.kind}/${object.metadata.name}`).join(", ");
  throw new Error(`Cannot find ${kind}/${name}: there are ${all}`);
}

/** Returns what the pods of a DaemonSet are made from. */
export function podTemplate(objects: readonly KubeObject[], daemonSet: string): PodTemplate {
  return (findObject(objects, "DaemonSet", daemonSet).spec as { template: PodTemplate }).template;
}
