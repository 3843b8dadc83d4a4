import assert from "@std/assert";
import { podTemplate } from "../deploy/kube_objects.ts";
import { decodeObjects, EXISTING_SECRET, renderChart } from "../deploy/render.ts";
import { missingForImage } from "../deploy/setup/missing.ts";
import { type Allowance, notAllowed } from "../permissions/allowance.ts";
import { allowedTouches, type Places } from "../permissions/allowed.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";
import { KubeCluster, SECRETS } from "./harness/kube_cluster.ts";
import { TestImages } from "./harness/test_images.ts";
import { TracedPod } from "./harness/traced_pod.ts";

const INGEST = "/var/lib/containerd/io.containerd.content.v1.content/ingest";

/** What a pod touches beside what the list of tests/permissions has. */
function touchesOfPod({ own, other }: { own: string; other: string }, dnsServer: string): Allowance[] {
  return [
    { touch: "read /etc/peili/cluster-secret**", why: "what the nodes share" },
    { touch: "read /etc/secrets**", why: "a password, where the nodes share one" },
    { touch: "read /deno**", why: "what Deno remembers of the program" },
    { touch: "write /deno**", why: "the same: tried, and done without, as the root cannot be written to" },
    { touch: "bind 127.0.0.1:30020", why: "listens for containerd" },
    { touch: `bind ${own}:*`, why: "listens for other nodes and for Prometheus" },
    { touch: `connect ${dnsServer}:53`, why: "the name of the nodes" },
    { touch: `connect ${other}:*`, why: "other nodes" },
    { touch: `read ${INGEST}**`, why: "downloads of this node's containerd, which others in a flight follow" },
    { touch: "read /bin", why: "Deno looks along PATH for a program called node; it is never started" },
    { touch: "read /*bin/node", why: "as above" },
    { touch: "read /usr/*bin/node", why: "as above" },
    { touch: "read /usr/local/*bin/node", why: "as above" },
    { touch: "read /usr/share/zoneinfo", why: "the time zone" },
    { touch: "read /run/containerd", why: "paths are followed from the root, for symbolic links" },
  ];
}

const ignore = await missingForImage() !== undefined;

Deno.test({
  name: "the registry in a rendered pod touches nothing but what is listed, under strace",
  ignore,
  fn: async () => {
    await using images = await TestImages.create();
    const archives = await images.archives();
    await using cluster = await KubeCluster.start({ generations: ["2", "1.7"], archives });
    await using dir = await tempDir();
    const [first, second] = cluster.nodes;
    if (!first || !second) throw new Error("Cannot test: there are no two nodes");
    const values = { spegel: { mirroredRegistries: [`http://${cluster.upstream.address}`] } };
    const template = podTemplate(await decodeObjects(await renderChart({ values, set: [EXISTING_SECRET] })), "peili");
    cluster.serve("peili-bootstrap");
    const options = { name: "peili", secrets: SECRETS };
    await using _other = await second.run(template, options);
    const traces: TracedPod[] = [];
    const onSandbox = async (id: string) => {
      traces.push(await TracedPod.attach(id, dir.path));
    };
    const pod = await first.run(template, { ...options, onSandbox });
    const one = await cluster.image("lib/one:v1");
    const two = await cluster.image("lib/two:v1");
    await first.containerd.cri.pullImage(one.reference);
    await second.containerd.cri.pullImage(two.reference);
    await until("the nodes to serve each other", async () => {
      await cluster.upstream.reset();
      for (const [node, { reference }] of [[first, two], [second, one]] as const) {
        await node.containerd.cri.removeImage(reference);
        await node.containerd.cri.pullImage(reference);
      }
      return (await cluster.upstream.stats()).bytes === 0;
    }, { timeoutMs: 60_000, intervalMs: 1_000 });
    await pod[Symbol.asyncDispose]();
    const [trace] = traces;
    const touched = await trace?.touched("/bin/deno", "registry") ?? [];
    const { address: own } = first.network;
    const { address: other } = second.network;
    const places: Places = { own, other, deno: "/bin/deno", bundle: "/peili.js", work: "/nowhere" };
    const dnsServer = own.replace(/\d+$/, "1");
    const table = [
      ...allowedTouches("containerd", places),
      ...allowedTouches("oci-layout", places),
      ...touchesOfPod({ own, other }, dnsServer),
    ];
    assert.ok(touched.includes("bind 127.0.0.1:30020"), "nothing was traced");
    assert.deepEqual(notAllowed(touched, table), [], "touched, but not in the list");
  },
});
