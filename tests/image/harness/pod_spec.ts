import type { Container, EnvVar } from "../../deploy/kube_objects.ts";

/** What the fields of a pod say that are known only on its node. */
export interface PodFacts {
  /** The address of the node, which is that of a pod on its network too. */
  hostIp: string;
  /** The labels of the pod. */
  labels: Readonly<Record<string, string>>;
}

const LABEL_REGEXP = /^metadata\.labels\['([^']+)'\]$/;
const REFERENCE_REGEXP = /\$\(([A-Za-z_][A-Za-z0-9_]*)\)/g;

/**
 * Returns the environment of a container: a value may use those before it, and every container learns of the API.
 *
 * @throws {RangeError} If a variable comes from somewhere that the tests know nothing of.
 */
export function environment(env: readonly EnvVar[] = [], facts: PodFacts): [name: string, value: string][] {
  const known: [name: string, value: string][] = [["KUBERNETES_SERVICE_HOST", "10.96.0.1"]];
  for (const { name, value = "", valueFrom } of env) {
    const path = valueFrom?.fieldRef?.fieldPath;
    known.push([name, path === undefined ? expand(value, known) : field(path, facts)]);
  }
  return known;
}

/** Replaces `$(NAME)` by the value of the variable, as a kubelet does in commands and arguments. */
export function expand(text: string, env: readonly (readonly [name: string, value: string])[]): string {
  const values = new Map(env);
  return text.replaceAll(REFERENCE_REGEXP, (reference, name) => values.get(name) ?? reference);
}

/** Returns the port of a container by its name or number. */
export function portOf(container: Container, port: string | number): number {
  if (typeof port === "number") return port;
  const found = container.ports?.find(({ name }) => name === port);
  if (found) return found.containerPort;
  throw new RangeError(`Cannot probe "${port}" of ${container.name}: it has no such port`);
}

/**
 * Reads a quantity of memory: `256Mi`.
 *
 * @returns Bytes.
 */
export function memoryBytes(quantity: string): number {
  const [, number, unit = ""] = /^(\d+)(Ki|Mi|Gi)?$/.exec(quantity) ?? [];
  if (number === undefined) throw new SyntaxError(`Cannot read "${quantity}": expected such as 256Mi`);
  return Number(number) * 1024 ** ["", "Ki", "Mi", "Gi"].indexOf(unit);
}

function field(path: string, { hostIp, labels }: PodFacts): string {
  if (path === "status.hostIP" || path === "status.podIP") return hostIp;
  const label = LABEL_REGEXP.exec(path)?.[1];
  if (label !== undefined) return labels[label] ?? "";
  throw new RangeError(`Cannot read the field "${path}" of a pod: the tests know nothing of it`);
}
