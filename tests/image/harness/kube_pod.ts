import type { Container, PodTemplate, Probe } from "../../deploy/kube_objects.ts";
import { runCommand } from "../../support/run_command.ts";
import { until } from "../../support/until.ts";
import { environment, expand, memoryBytes, type PodFacts, portOf } from "./pod_spec.ts";
import type { ContainerConfig, ContainerStatus, ExecResult, PodRuntime, SandboxConfig } from "./pod_runtime.ts";
import { PodVolumes, type PodVolumesOptions } from "./pod_volumes.ts";

/** Where a pod runs. */
export interface KubePodOptions extends PodVolumesOptions {
  /** The runtime of the node. */
  runtime: PodRuntime;
  /** The network namespace of the node. */
  netns: string;
  /** The address of the node. */
  hostIp: string;
  /** The name server of the cluster. */
  dnsServer: string;
  /** The name of the pod. */
  name: string;
  /** Its namespace. */
  namespace: string;
  /** Called with the id of the sandbox before the first container is started. */
  onSandbox?: (id: string) => Promise<void>;
}

/** How long an init container may take, and a pod until it is ready, in milliseconds. */
const STEP_MS = 120_000;

const AWAIT_READY = new URL("./await_ready.ts", import.meta.url).pathname;

/** How many pods were started, for names that are given once only. */
let started = 0;

/** A pod that runs on a node through its CRI, made from a rendered object as a kubelet does it. */
export class KubePod implements AsyncDisposable {
  readonly #template: PodTemplate;
  readonly #options: KubePodOptions;
  readonly #sandbox: SandboxConfig;
  #sandboxId = "";
  #containerIds = new Map<string, string>();

  private constructor(template: PodTemplate, options: KubePodOptions) {
    this.#template = template;
    this.#options = options;
    const { name, namespace, dir, dnsServer } = options;
    const searches = [`${namespace}.svc.cluster.local`, "svc.cluster.local", "cluster.local"];
    this.#sandbox = {
      name,
      namespace,
      uid: `${name}-${started++}`,
      logDir: `${dir}/log`,
      dns: { servers: [dnsServer], searches, options: ["ndots:5"] },
    };
  }

  /** Starts a pod: its sandbox, its init containers one after the other, its containers, and waits until it is ready. */
  static async start(template: PodTemplate, options: KubePodOptions): Promise<KubePod> {
    if (!template.spec.hostNetwork) throw new RangeError("Cannot run a pod: the tests have the network of nodes only");
    await Deno.mkdir(`${options.dir}/log`, { recursive: true });
    const pod = new KubePod(template, options);
    try {
      await pod.#start();
    } catch (reason) {
      const logs = await pod.logs();
      await pod[Symbol.asyncDispose]();
      throw new Error(`Cannot run the pod ${options.name}\n${logs}`, { cause: reason });
    }
    return pod;
  }

  /** Tells what became of a container. */
  async status(container: string): Promise<ContainerStatus> {
    return await this.#options.runtime.containerStatus(this.#containerIds.get(container) ?? "");
  }

  /** Waits until a container has ended, and returns its exit code. */
  async ended(container: string, timeoutMs: number = STEP_MS): Promise<number> {
    const status = await until(`the end of ${container}`, async () => {
      const now = await this.status(container);
      return now.state === "exited" && now;
    }, { timeoutMs, intervalMs: 100 });
    return status.exitCode;
  }

  /** Runs a program in a container, as `kubectl exec` does. */
  async exec(container: string, ...command: string[]): Promise<ExecResult> {
    return await this.#options.runtime.exec(this.#containerIds.get(container) ?? "", command, STEP_MS / 1_000);
  }

  /** Returns the process id of a container's first process, on the machine. */
  async pid(container: string): Promise<number> {
    const { pid } = await this.status(container);
    if (pid === undefined) throw new Error(`Cannot tell the process of ${container}: it does not run`);
    return pid;
  }

  /** Returns what the containers wrote. */
  async logs(): Promise<string> {
    const { dir, name } = this.#options;
    const entries = await Array.fromAsync(Deno.readDir(`${dir}/log`)).catch(() => []);
    const texts = await Promise.all(entries.map(async (entry) => {
      const text = await Deno.readTextFile(`${dir}/log/${entry.name}`);
      return `--- ${name}: ${entry.name}\n${text.trimEnd().split("\n").slice(-20).join("\n")}`;
    }));
    return texts.join("\n");
  }

  /** Stops it as a kubelet does: SIGTERM, the grace of the pod, SIGKILL. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { runtime } = this.#options;
    const { terminationGracePeriodSeconds: grace = 30 } = this.#template.spec;
    await Promise.all(Array.from(this.#containerIds.values(), (id) => runtime.stopContainer(id, grace)));
    if (this.#sandboxId !== "") await runtime.removeSandbox(this.#sandboxId);
    this.#containerIds.clear();
    this.#sandboxId = "";
  }

  async #start(): Promise<void> {
    const { runtime, onSandbox } = this.#options;
    const { spec } = this.#template;
    const volumes = await PodVolumes.prepare(spec, this.#options);
    this.#sandboxId = await runtime.runSandbox(this.#sandbox);
    await onSandbox?.(this.#sandboxId);
    for (const container of spec.initContainers ?? []) {
      await this.#startContainer(container, volumes);
      const code = await this.ended(container.name);
      if (code !== 0) throw new Error(`The init container ${container.name} ended with ${code}`);
    }
    for (const container of spec.containers) await this.#startContainer(container, volumes);
    for (const container of spec.containers) {
      for (const probe of [container.startupProbe, container.readinessProbe]) {
        if (probe) await this.#passes(container, probe);
      }
    }
  }

  async #startContainer(container: Container, volumes: PodVolumes): Promise<void> {
    const { runtime } = this.#options;
    const config = containerConfig(container, volumes, this.#facts());
    const id = await runtime.createContainer(this.#sandboxId, this.#sandbox, config);
    this.#containerIds.set(container.name, id);
    await runtime.startContainer(id);
  }

  async #passes(container: Container, { httpGet }: Probe): Promise<void> {
    const { netns, hostIp } = this.#options;
    const url = `http://${httpGet.host ?? hostIp}:${portOf(container, httpGet.port)}${httpGet.path}`;
    const program = [Deno.execPath(), "run", "--quiet", "--allow-net", AWAIT_READY, `${STEP_MS}`, url];
    await runCommand("nsenter", [`--net=/run/netns/${netns}`, ...program], { timeoutMs: STEP_MS + 10_000 });
  }

  #facts(): PodFacts {
    return { hostIp: this.#options.hostIp, labels: this.#template.metadata.labels ?? {} };
  }
}

function containerConfig(container: Container, volumes: PodVolumes, facts: PodFacts): ContainerConfig {
  const env = environment(container.env, facts);
  const { securityContext: context } = container;
  const limit = container.resources?.limits?.memory;
  return {
    name: container.name,
    attempt: 0,
    image: container.image,
    command: (container.command ?? []).map((text) => expand(text, env)),
    args: (container.args ?? []).map((text) => expand(text, env)),
    env,
    mounts: volumes.mounts(container),
    memoryLimitBytes: limit === undefined ? undefined : memoryBytes(limit),
    security: {
      runAsUser: context.runAsUser ?? 0,
      runAsGroup: context.runAsGroup ?? 0,
      privileged: context.privileged ?? false,
      readOnlyRoot: context.readOnlyRootFilesystem ?? false,
      noNewPrivileges: context.allowPrivilegeEscalation === false,
      dropCapabilities: context.capabilities?.drop ?? [],
      seccompRuntimeDefault: context.seccompProfile?.type === "RuntimeDefault",
    },
  };
}
