import assert from "@std/assert";
import { MIB } from "../../src/core/units.ts";
import type { Result } from "../../src/doctor/result.ts";
import { findObject, type KubeObject, type PodTemplate, podTemplate } from "../deploy/kube_objects.ts";
import { decodeObjects, EXISTING_SECRET, renderChart } from "../deploy/render.ts";
import { missingForImage } from "../deploy/setup/missing.ts";
import { runCommand } from "../support/run_command.ts";
import { until } from "../support/until.ts";
import { KubeCluster, SECRETS } from "./harness/kube_cluster.ts";
import type { KubeNode } from "./harness/kube_node.ts";
import type { KubePod } from "./harness/kube_pod.ts";
import { memoryUse } from "./harness/memory_group.ts";
import { processFacts } from "./harness/process_facts.ts";
import { TestImages } from "./harness/test_images.ts";
import { treeSnapshot } from "./harness/tree_snapshot.ts";

/** Where containerd looks for hosts.toml files. */
const CERTS_DIR = "/etc/containerd/certs.d";

/** A lease that keeps layers for other nodes. */
const LEASE_REGEXP = /peili\/retain/;

const missing = await missingForImage();
if (missing) console.warn(`left out: ${missing}`);

/** What somebody else has configured: odd quoting, a link, a certificate for root alone. */
async function configureByHand(dir: string): Promise<void> {
  await Deno.mkdir(`${dir}/docker.io`, { recursive: true, mode: 0o711 });
  await Deno.writeTextFile(
    `${dir}/docker.io/hosts.toml`,
    'server = "https://registry.test"\n[host."https://a.test"]\n',
  );
  await Deno.writeTextFile(`${dir}/docker.io/ca.crt`, "a certificate\n", { mode: 0o600 });
  await Deno.mkdir(`${dir}/empty.test`);
  await Deno.symlink("docker.io", `${dir}/mirror.test`);
}

/** Renders the chart for a cluster. */
async function render(cluster: KubeCluster): Promise<KubeObject[]> {
  const values = {
    spegel: { logLevel: "DEBUG", mirroredRegistries: [`http://${cluster.upstream.address}`] },
    peili: { retainLayers: "1h", retainMinFree: "0%" },
  };
  return await decodeObjects(await renderChart({ values, set: [EXISTING_SECRET] }));
}

/** Pulls an image on every node; only the first pull may need the registry. */
async function assertServedByNodes(cluster: KubeCluster, name: string): Promise<void> {
  const { reference } = await cluster.image(name);
  const [first, ...others] = cluster.nodes;
  await first?.containerd.cri.pullImage(reference);
  for (const node of others) await untilServed(node, cluster.upstream.address, name);
  await cluster.upstream.reset();
  for (const node of others) await node.containerd.cri.pullImage(reference);
  assert.equal((await cluster.upstream.stats()).bytes, 0, "the registry gave bytes that a node had");
}

/** Runs in a container what `kubectl exec` runs there. */
async function assertLooksAround(pod: KubePod): Promise<void> {
  const doctor = await pod.exec("registry", "peili", "doctor", "--json", "--probe", "--min-free=0.5");
  assert.equal(doctor.stderr, "");
  const { results }: { results: Result[] } = JSON.parse(doctor.stdout);
  assert.deepEqual(results.filter(({ state }) => state !== "ok").map(({ check }) => check), ["clients"], doctor.stdout);
  assert.equal(doctor.code, 0);
  const findings = await pod.exec("registry", "peili", "doctor", "--min-free=100");
  assert.match(findings.stdout, /^✗ disk +only /m);
  assert.equal(findings.code, 1);
  const status = await pod.exec("registry", "peili", "status");
  assert.match(status.stdout, /^Peili \S+ +ready/);
  assert.deepEqual([status.code, status.stderr], [0, ""]);
  const registry = await pod.exec("registry", "peili", "registry");
  assert.notEqual(registry.code, 0, "what looks around may not serve");
}

/** Waits until a node's Peili knows where an image is. */
async function untilServed(node: KubeNode, registry: string, name: string): Promise<void> {
  const [repository, tag] = name.split(":");
  const url = `http://127.0.0.1:30020/v2/${repository}/manifests/${tag}?ns=${encodeURIComponent(registry)}`;
  const program = new URL("./harness/await_ready.ts", import.meta.url).pathname;
  const command = [Deno.execPath(), "run", "--quiet", "--allow-net", program, "60000", url];
  await runCommand("nsenter", [`--net=/run/netns/${node.network.netns}`, ...command]);
}

/** Replaces the pod of a node as a rolling update does, while the node pulls one image after the other. */
async function updateUnderPulls(
  node: KubeNode,
  pod: KubePod,
  { template, references }: { template: PodTemplate; references: readonly string[] },
): Promise<KubePod> {
  let updated: KubePod | undefined;
  const update = async () => {
    await pod[Symbol.asyncDispose]();
    updated = await node.run(template, { name: "peili", secrets: SECRETS });
  };
  const pulls = async () => {
    for (const reference of references) await node.containerd.cri.pullImage(reference);
  };
  await Promise.all([update(), pulls()]);
  if (!updated) throw new Error("Cannot go on: no pod was started");
  return updated;
}

/** Pulls images on all other nodes at once from the first one, and returns the most memory that its pod held. */
async function heldWhileBusy(cluster: KubeCluster, pod: KubePod): Promise<number> {
  const names = Array.from({ length: 4 }, (_, index) => `lib/busy${index}:v1`);
  const layers = [{ sizeBytes: 24 * MIB }, { sizeBytes: 8 * MIB }];
  const images = await cluster.images(names, { layers });
  const [first, ...others] = cluster.nodes;
  await Promise.all(images.map((reference) => first?.containerd.cri.pullImage(reference)));
  for (const node of others) for (const name of names) await untilServed(node, cluster.upstream.address, name);
  const pid = await pod.pid("registry");
  let held = 0;
  const pulls = Promise.all([
    pod.exec("registry", "peili", "doctor"), // whoever looks around takes from the same memory
    ...others.flatMap((node) => images.map((reference) => node.containerd.cri.pullImage(reference))),
  ]);
  let done = false;
  pulls.finally(() => done = true);
  await until("the pulls", async () => {
    held = Math.max(held, (await memoryUse(pid)).held);
    return done;
  }, { timeoutMs: 120_000, intervalMs: 20 });
  await pulls;
  return held;
}

Deno.test({
  name: "rendered pods on three containerds: installed, used, updated, and removed without a trace",
  ignore: missing !== undefined,
  fn: async (t) => {
    await using images = await TestImages.create();
    const archives = await images.archives();
    await using cluster = await KubeCluster.start({ generations: ["2", "1.7", "1.6"], archives });
    const objects = await render(cluster);
    const template = podTemplate(objects, "peili");
    for (const { host } of cluster.nodes) await configureByHand(host.outside(CERTS_DIR));
    const before = await Promise.all(cluster.nodes.map(({ host }) => treeSnapshot(host.outside(CERTS_DIR))));
    cluster.serve("peili-bootstrap");
    const pods = await cluster.runDaemonSet(objects, "peili");
    const pod = (at: number): KubePod => pods[at] ?? assert.fail(`there is no pod ${at}`);

    await t.step("the process has no capability, gains no privilege, and its system calls are filtered", async () => {
      for (const at of cluster.nodes.keys()) {
        const facts = await processFacts(await pod(at).pid("registry"));
        assert.deepEqual(facts, { CapEff: "0".repeat(16), CapBnd: "0".repeat(16), NoNewPrivs: "1", Seccomp: "2" });
      }
    });

    await t.step("a pull is served by another node, through containerd 2, 1.7 and 1.6", async () => {
      await assertServedByNodes(cluster, "lib/app:v1");
    });

    await t.step("peili doctor and peili status look into a container by one command", async () => {
      for (const at of cluster.nodes.keys()) await assertLooksAround(pod(at));
    });

    await t.step("a containerd that starts again is seen by the pod that is there", async () => {
      for (const { containerd } of cluster.nodes) await containerd.restart();
      await assertServedByNodes(cluster, "lib/app:v2");
      for (const at of cluster.nodes.keys()) assert.equal((await pod(at).status("registry")).state, "running");
    });

    await t.step("no pull fails while the pods are replaced", async () => {
      for (const [at, node] of cluster.nodes.entries()) {
        const names = Array.from({ length: 6 }, (_, index) => `lib/update${at}-${index}:v1`);
        const references = await cluster.images(names);
        pods[at] = await updateUnderPulls(node, pod(at), { template, references });
      }
      await assertServedByNodes(cluster, "lib/app:v3");
    });

    await t.step("a busy node stays within the limit of the chart", async () => {
      const held = await heldWhileBusy(cluster, pod(0));
      const { limit, killed } = await memoryUse(await pod(0).pid("registry"));
      console.log(`      held at most ${Math.round(held / MIB)} MiB of ${limit / MIB} MiB`);
      assert.equal(limit, 256 * MIB);
      assert.equal(killed, 0);
      assert.ok(held < limit, `${held} bytes`);
    });

    await t.step("uninstalling leaves the registry directory as it was, byte for byte, and no lease", async () => {
      for (const { containerd } of cluster.nodes) assert.match(await containerd.ctr("leases", "ls"), LEASE_REGEXP);
      for (const one of pods) await one[Symbol.asyncDispose]();
      cluster.serve("peili-cleanup");
      const cleanups = await cluster.runDaemonSet(objects, "peili-cleanup");
      const wait = findObject(objects, "Pod", "peili-cleanup-wait") as unknown as PodTemplate;
      await using waiting = await cluster.nodes[0]?.run(wait, { name: "peili-cleanup-wait" });
      assert.equal(await waiting?.ended("cleanup-wait"), 0, await waiting?.logs());
      for (const cleanup of cleanups) await cleanup[Symbol.asyncDispose]();
      const after = await Promise.all(cluster.nodes.map(({ host }) => treeSnapshot(host.outside(CERTS_DIR))));
      assert.deepEqual(after, before);
      for (const { containerd } of cluster.nodes) {
        assert.doesNotMatch(await containerd.ctr("leases", "ls"), LEASE_REGEXP);
      }
    });
    for (const one of pods) await one[Symbol.asyncDispose]();
  },
});
