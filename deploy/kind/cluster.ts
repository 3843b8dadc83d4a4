import { read, run } from "./programs.ts";

/** The name of the cluster, and of what is in it. */
const NAME = "peili";

const ROOT = new URL("../../", import.meta.url).pathname;

/** An image that is small and pulled in a moment. */
const DEMO_IMAGE = "docker.io/library/alpine:3.20";

/** Makes the cluster, unless it is there. */
export async function makeCluster(): Promise<void> {
  const clusters = (await read("kind", "get", "clusters")).split("\n");
  if (clusters.includes(NAME)) return console.log(`The cluster ${NAME} is there already.`);
  await run("kind", "create", "cluster", `--config=${ROOT}deploy/kind/cluster.yaml`, "--wait=3m");
}

/**
 * Builds the image, gives it to the nodes, and installs or upgrades the chart with it.
 *
 * @param tag The tag of the image, another one after every change.
 */
export async function deploy(tag: string): Promise<void> {
  await run(Deno.execPath(), "task", "--quiet", "bundle");
  await run("docker", "build", "--quiet", `--tag=${NAME}:${tag}`, `--file=${ROOT}Containerfile`, ROOT);
  await run("kind", "load", "docker-image", `${NAME}:${tag}`, `--name=${NAME}`);
  const image = `--set=image.repository=docker.io/library/${NAME},image.tag=${tag},image.pullPolicy=Never`;
  const where = [`--kube-context=kind-${NAME}`, `--namespace=${NAME}`, "--create-namespace"];
  await run("helm", "upgrade", "--install", NAME, `${ROOT}deploy/helm`, ...where, "--set=preset=kind", image);
  await kubectl("rollout", "status", `daemonset/${NAME}`, "--timeout=3m");
}

/** Pulls an image on one worker and then on another one, and shows what the second one got from the first. */
export async function showPull(): Promise<void> {
  const nodes = (await read("kind", "get", "nodes", `--name=${NAME}`)).split("\n").filter((node) => node !== "").sort();
  const [first, second] = nodes.filter((node) => node.includes("worker"));
  if (first === undefined || second === undefined) {
    throw new Error("Cannot show a pull: the cluster has no two workers");
  }
  for (const node of [first, second]) await crictl(node, "rmi", DEMO_IMAGE).catch(() => {}); // it may not be there
  for (const node of [first, second]) {
    const startMs = performance.now();
    await crictl(node, "pull", DEMO_IMAGE);
    console.log(`${node} pulled ${DEMO_IMAGE} in ${Math.round(performance.now() - startMs)} ms`);
  }
  const address = await read("docker", "inspect", "--format={{.NetworkSettings.Networks.kind.IPAddress}}", second);
  const metrics = await read("docker", "exec", second, "curl", "-s", `http://${address.trim()}:9090/metrics`);
  console.log(metrics.split("\n").filter((line) => line.startsWith("peili_bytes_total")).join("\n"));
}

/** Follows the logs of all nodes until it is stopped. */
export function followLogs(): Deno.ChildProcess {
  const selector = `--selector=app.kubernetes.io/component=registry`;
  const args = ["logs", selector, "--follow", "--prefix", "--tail=5", "--max-log-requests=10"];
  return new Deno.Command("kubectl", { args: [...kubectlPlace(), ...args], stdin: "null" }).spawn();
}

async function kubectl(...args: string[]): Promise<void> {
  await run("kubectl", ...kubectlPlace(), ...args);
}

async function crictl(node: string, ...args: string[]): Promise<void> {
  await read("docker", "exec", node, "crictl", ...args);
}

function kubectlPlace(): string[] {
  return [`--context=kind-${NAME}`, `--namespace=${NAME}`];
}
