import {
  type CriCallOptions,
  type CriClient,
  messages,
  strings,
  varint,
} from "../../integration/harness/cri_client.ts";
import { encode, mapEntries, type Message, message } from "./cri_messages.ts";

/** The place of a pod: its sandbox. */
export interface SandboxConfig {
  /** The name of the pod. */
  name: string;
  /** A name for this one start of it. */
  uid: string;
  /** Its namespace. */
  namespace: string;
  /** Where containers write their logs. */
  logDir: string;
  /** What goes into `resolv.conf`. */
  dns: { servers: readonly string[]; searches: readonly string[]; options: readonly string[] };
}

/** A directory of the node that a container sees. */
export interface CriMount {
  containerPath: string;
  hostPath: string;
  readOnly: boolean;
  /** Whether what is mounted there on the node later is seen too. */
  fromHost: boolean;
}

/** What a container is started with. */
export interface ContainerConfig {
  name: string;
  /** How often it was started before. */
  attempt: number;
  image: string;
  command: readonly string[];
  args: readonly string[];
  env: readonly (readonly [name: string, value: string])[];
  mounts: readonly CriMount[];
  memoryLimitBytes?: number;
  security: {
    runAsUser: number;
    runAsGroup: number;
    privileged: boolean;
    readOnlyRoot: boolean;
    noNewPrivileges: boolean;
    dropCapabilities: readonly string[];
    seccompRuntimeDefault: boolean;
  };
}

/** What became of a container. */
export interface ContainerStatus {
  state: "created" | "running" | "exited" | "unknown";
  exitCode: number;
  /** Its process id on the machine, while it runs. */
  pid: number | undefined;
}

/** What came of a program that was run in a container. */
export interface ExecResult {
  stdout: string;
  stderr: string;
  /** Its exit code. */
  code: number;
}

const STATES = ["created", "running", "exited", "unknown"] as const;
/** `NamespaceMode.NODE` and `NamespaceMode.CONTAINER` of cri-api. */
const [NODE, CONTAINER] = [2, 1];
/** `SecurityProfile.ProfileType` of cri-api; its runtime default is 0. */
const UNCONFINED = 1;
/** `MountPropagation.PROPAGATION_HOST_TO_CONTAINER` of cri-api. */
const HOST_TO_CONTAINER = 1;

/**
 * Starts and stops pods on the network of their node, as a kubelet does.
 *
 * The messages are written by hand: field numbers are those of `runtime.v1` in cri-api.
 */
export class PodRuntime {
  readonly #cri: CriClient;

  constructor(cri: CriClient) {
    this.#cri = cri;
  }

  /** Makes a sandbox and returns its id. */
  async runSandbox(config: SandboxConfig): Promise<string> {
    const reply = await this.#call("RunPodSandbox", message([1, sandbox(config)]));
    return strings(reply, 1)[0] ?? "";
  }

  /** Stops and removes a sandbox with all of its containers. */
  async removeSandbox(id: string): Promise<void> {
    await this.#call("StopPodSandbox", message([1, id]));
    await this.#call("RemovePodSandbox", message([1, id]));
  }

  /** Makes a container in a sandbox and returns its id. */
  async createContainer(sandboxId: string, place: SandboxConfig, config: ContainerConfig): Promise<string> {
    const request = message([1, sandboxId], [2, container(config)], [3, sandbox(place)]);
    return strings(await this.#call("CreateContainer", request), 1)[0] ?? "";
  }

  /** Starts a container. */
  async startContainer(id: string): Promise<void> {
    await this.#call("StartContainer", message([1, id]));
  }

  /** Asks a container to stop, and kills it when the grace is over. */
  async stopContainer(id: string, graceSeconds: number): Promise<void> {
    const timeoutMs = (graceSeconds + 30) * 1_000;
    await this.#call("StopContainer", message([1, id], [2, graceSeconds]), { timeoutMs });
  }

  /** Tells what became of a container. */
  async containerStatus(id: string): Promise<ContainerStatus> {
    // ContainerStatusResponse { ContainerStatus status = 1 { state = 3, exit_code = 7 }, map<string, string> info = 2 }
    const reply = await this.#call("ContainerStatus", message([1, id], [2, true]));
    const [status = new Uint8Array()] = messages(reply, 1);
    const info = messages(reply, 2).find((entry) => strings(entry, 1)[0] === "info");
    const pid = info && JSON.parse(strings(info, 2)[0] ?? "{}").pid;
    return {
      state: STATES[varint(status, 3) ?? 0] ?? "unknown",
      exitCode: varint(status, 7) ?? 0,
      pid: typeof pid === "number" && pid > 0 ? pid : undefined,
    };
  }

  /** Runs a program in a container, as `kubectl exec` does without a terminal, and waits for its end. */
  async exec(id: string, command: readonly string[], timeoutSeconds: number): Promise<ExecResult> {
    const timeoutMs = (timeoutSeconds + 30) * 1_000;
    const request = message([1, id], [2, command], [3, timeoutSeconds]);
    const reply = await this.#call("ExecSync", request, { timeoutMs });
    return { stdout: strings(reply, 1)[0] ?? "", stderr: strings(reply, 2)[0] ?? "", code: varint(reply, 3) ?? 0 };
  }

  async #call(method: string, request: Message, options?: CriCallOptions): Promise<Uint8Array> {
    return await this.#cri.callRuntime(method, encode(request), options);
  }
}

function sandbox({ name, uid, namespace, logDir, dns }: SandboxConfig): Message {
  const namespaces = message([1, NODE], [2, CONTAINER]);
  return message(
    [1, message([1, name], [2, uid], [3, namespace])],
    [3, logDir],
    [4, message([1, dns.servers], [2, dns.searches], [3, dns.options])],
    [6, mapEntries({ "io.kubernetes.pod.name": name, "io.kubernetes.pod.namespace": namespace })],
    [8, message([2, message([1, namespaces])])],
  );
}

function container(config: ContainerConfig): Message {
  const { name, attempt, image, command, args, env, mounts, memoryLimitBytes } = config;
  return message(
    [1, message([1, name], [2, attempt])],
    [2, message([1, image])],
    [3, command],
    [4, args],
    [6, env.map(([key, value]) => message([1, key], [2, value]))],
    [7, mounts.map(mount)],
    [11, `${name}-${attempt}.log`],
    [15, message([1, message([4, memoryLimitBytes])], [2, security(config.security)])],
  );
}

function mount({ containerPath, hostPath, readOnly, fromHost }: CriMount): Message {
  return message([1, containerPath], [2, hostPath], [3, readOnly], [5, fromHost ? HOST_TO_CONTAINER : 0]);
}

function security(config: ContainerConfig["security"]): Message {
  return message(
    [1, message([2, config.dropCapabilities])],
    [2, config.privileged],
    [3, message([1, NODE], [2, CONTAINER])],
    [5, message([1, config.runAsUser])],
    [7, config.readOnlyRoot],
    [11, config.noNewPrivileges],
    [12, message([1, config.runAsGroup])],
    [15, message([1, config.seccompRuntimeDefault ? 0 : UNCONFINED])],
  );
}
