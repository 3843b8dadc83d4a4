import assert from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { DISTRIBUTIONS } from "../../src/hosts/distributions.ts";
import { parse } from "yaml";
import { type Container, findObject, type KubeObject, podTemplate } from "./kube_objects.ts";
import { kustomizeFiles, withoutHelm } from "./kustomize.ts";
import { CHART_DIR, decodeObjects, EXISTING_SECRET, KUSTOMIZE_DIR, renderChart, renderKustomize } from "./render.ts";
import { missingForDeploy } from "./setup/missing.ts";

const missing = await missingForDeploy();
if (missing) console.warn(`left out: ${missing}`);
const ignore = missing !== undefined;

const SPEGEL_VALUES = new URL("./testdata/spegel_values.yaml", import.meta.url).pathname;

/** Everything that can be switched on. */
const ALL = [
  "serviceMonitor.enabled=true",
  "prometheusRule.enabled=true",
  "grafanaDashboard.enabled=true",
  "verticalPodAutoscaler.enabled=true",
];

/** Renders and decodes the chart. */
async function rendered(...set: string[]): Promise<KubeObject[]> {
  return await decodeObjects(await renderChart({ set: [EXISTING_SECRET, ...set] }));
}

function argument(container: Container | undefined, flag: string): string[] {
  return (container?.args ?? []).filter((arg) => arg.startsWith(`${flag}=`)).map((arg) => arg.slice(flag.length + 1));
}

function hostPaths(objects: readonly KubeObject[], name: string): Record<string, string | undefined> {
  const { volumes = [] } = podTemplate(objects, name).spec;
  return Object.fromEntries(volumes.map((volume) => [volume.name, volume.hostPath?.path]));
}

/** What the objects are, in an order of their own. */
function byName(objects: readonly KubeObject[]): [string, KubeObject][] {
  return objects.map((object): [string, KubeObject] => [`${object.kind}/${object.metadata.name}`, withoutHelm(object)])
    .sort(([a], [b]) => a < b ? -1 : 1);
}

const VARIANTS: [name: string, set: string[]][] = [
  ["defaults", []],
  ["everything", [...ALL, "basicAuthSecretName=basic", "livenessProbe.enabled=true", "doctor.hostFiles=true"]],
  ["pod network", ["hostNetwork=false", "ipFamily=IPv6"]],
  ["Grafana's operator", ["grafanaDashboard.enabled=true", "grafanaDashboard.mode=GrafanaOperator"]],
  ["no hosts.toml files, no secret, no data directory", [
    "spegel.containerdMirrorAdd=false",
    "clusterSecret.enabled=false",
    "spegel.persistence.enabled=false",
  ]],
];

for (const [name, set] of VARIANTS) {
  Deno.test({
    name: `the chart decodes strictly and asks for no permission: ${name}`,
    ignore,
    fn: async () => {
      const objects = await rendered(...set);
      assert.deepEqual(objects.filter(({ kind }) => /Role|Binding/.test(kind)), []);
      for (const { kind, spec } of objects) {
        const pod = kind === "DaemonSet" ? (spec as { template: { spec: object } }).template.spec : spec;
        if (kind !== "DaemonSet" && kind !== "Pod") continue;
        const { automountServiceAccountToken } = pod as { automountServiceAccountToken?: boolean };
        assert.equal(automountServiceAccountToken, false);
      }
    },
  });
}

Deno.test({
  name: "the chart renders what it rendered before (deno test -u writes the snapshot)",
  ignore,
  fn: async (t) => {
    await t.assertSnapshot(await renderChart({ set: [EXISTING_SECRET] }));
    await t.assertSnapshot(await rendered("hostNetwork=false"));
  },
});

Deno.test({
  name: "strict decoding refuses a field that there is not",
  ignore,
  fn: async () => {
    const yaml = (await renderChart({ set: [EXISTING_SECRET] })).replace("hostNetwork: true", "hostNetwrk: true");
    await assert.rejects(decodeObjects(yaml), /unknown field "spec.template.spec.hostNetwrk"/);
  },
});

Deno.test({
  name: "a values file of Spegel renders, with a warning about its memory",
  ignore,
  fn: async () => {
    const yaml = await renderChart({ valuesFile: SPEGEL_VALUES, set: [EXISTING_SECRET] });
    assert.match(yaml, /^# WARNING: the memory limit is 128 MiB/m);
    const objects = await decodeObjects(yaml);
    const { spec } = podTemplate(objects, "peili");
    const [registry] = spec.containers;
    assert.deepEqual(argument(registry, "--registry-filters"), [":latest$", "^docker\\.io/"]);
    assert.deepEqual(argument(registry, "--mirrored-registries"), ["https://docker.io", "https://ghcr.io"]);
    assert.deepEqual(argument(spec.initContainers?.[0], "--mirror-targets"), [
      "http://127.0.0.1:30020",
      "http://10.0.0.1",
    ]);
    assert.equal(registry?.resources?.limits?.memory, "128Mi");
    assert.match(JSON.stringify(registry?.env), /max-old-space-size=48/);
    assert.deepEqual(hostPaths(objects, "peili")["data"], "/var/lib/spegel");
  },
});

Deno.test({
  name: "the default limit is 256Mi, gives no warning, and sets V8's heap",
  ignore,
  fn: async () => {
    const yaml = await renderChart({ set: [EXISTING_SECRET] });
    assert.doesNotMatch(yaml, /WARNING/);
    assert.match(yaml, /value: --max-old-space-size=160/);
    assert.match(await renderChart({ set: [EXISTING_SECRET, "resources.limits.memory=1Gi"] }), /space-size=928/);
    await assert.rejects(
      renderChart({ set: [EXISTING_SECRET, "resources.limits.memory=much"] }),
      /Cannot read the memory/,
    );
  },
});

Deno.test({
  name: "presets of the chart are those of the program",
  ignore,
  fn: async () => {
    const presets = parse(await Deno.readTextFile(`${CHART_DIR}/files/presets.yaml`));
    const paths = Object.entries(DISTRIBUTIONS).map((
      [name, { containerdSock, containerdContentPath, containerdRegistryConfigPath, containerdConfig }],
    ) => [name, { containerdSock, containerdContentPath, containerdRegistryConfigPath, containerdConfig }]);
    assert.deepEqual(presets, Object.fromEntries(paths));
    assert.deepEqual(hostPaths(await rendered("preset=talos"), "peili-cleanup"), {
      "registry-config": "/etc/cri/conf.d/hosts",
    });
    const k3s = hostPaths(await rendered("preset=k3s"), "peili");
    assert.equal(k3s["containerd"], "/run/k3s/containerd");
    const own = hostPaths(await rendered("preset=k3s", "spegel.containerdRegistryConfigPath=/etc/own"), "peili");
    assert.equal(own["registry-config"], "/etc/own");
    await assert.rejects(rendered("preset=windows"), /There is no preset "windows": expected aks, /);
  },
});

/** What the container of the registry has of the node's own files, for the doctor: as it is told, and as it is mounted. */
async function shownToDoctor(...set: string[]): Promise<{ told: string; mounted: string[] }> {
  const [registry] = podTemplate(await rendered(...set), "peili").spec.containers;
  const { volumeMounts = [], env = [] }: Partial<Container> = registry ?? {};
  const mounts = volumeMounts.filter(({ mountPath }) => mountPath.startsWith("/host/"));
  assert.ok(mounts.every(({ readOnly }) => readOnly));
  const told = env.find(({ name }) => name === "HOST_PATHS") ?? assert.fail("nothing is told");
  return { told: told.value ?? "", mounted: mounts.map(({ mountPath }) => mountPath.slice("/host".length)) };
}

Deno.test({
  name:
    "the doctor in a pod is shown the directory of containerd's configuration, and more only where that is asked for",
  ignore,
  fn: async () => {
    const none = ["doctor.containerdFiles=false", "spegel.containerdMirrorAdd=false"];
    for (
      const [set, wanted] of [
        [[], ["/etc/containerd"]],
        [["preset=talos"], ["/etc/cri"]],
        [["doctor.hostFiles=true"], ["/etc"]],
        [["doctor.hostFiles=true", "preset=k3s"], ["/etc", "/var/lib/rancher/k3s/agent/etc/containerd"]],
        [["spegel.containerdRegistryConfigPath=/opt/a"], ["/etc/containerd", "/opt/a"]],
        [["doctor.containerdFiles=false"], ["/etc/containerd/certs.d"]],
        [none, []],
      ] as const
    ) assert.deepEqual(await shownToDoctor(...set), { told: wanted.join(","), mounted: wanted });
  },
});

Deno.test({
  name: "containers that write hosts.toml files get no permission beyond that",
  ignore,
  fn: async () => {
    const objects = await rendered("basicAuthSecretName=basic");
    const [configuration] = podTemplate(objects, "peili").spec.initContainers ?? [];
    const [cleanup] = podTemplate(objects, "peili-cleanup").spec.containers;
    const { read, write } = project.permissions.configuration;
    const allows = (container: Container | undefined) =>
      container?.command?.filter((part) => /^--(allow|deny|ignore)/.test(part));
    const common = ["--deny-import", "--ignore-env"];
    assert.deepEqual(allows(configuration), [
      ...common,
      `--allow-read=${read.join(",")}`,
      `--allow-write=${write.join(",")}`,
    ]);
    assert.deepEqual(allows(cleanup), [
      ...common,
      `--allow-read=${write.join(",")}`,
      `--allow-write=${write.join(",")}`,
      "--allow-net=$(POD_IP):30021",
    ]);
  },
});

Deno.test({
  name: "every container is as unprivileged as can be",
  ignore,
  fn: async () => {
    const objects = await rendered();
    const wait = findObject(objects, "Pod", "peili-cleanup-wait").spec as { containers: Container[] };
    const { initContainers = [], containers } = podTemplate(objects, "peili").spec;
    for (const { name, securityContext } of [...initContainers, ...containers, ...wait.containers]) {
      assert.deepEqual(securityContext, {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        privileged: false,
        readOnlyRootFilesystem: true,
        runAsGroup: 0,
        runAsUser: 0,
        seccompProfile: { type: "RuntimeDefault" },
      }, name);
    }
  },
});

Deno.test({
  name: "deploy/kustomize is what the chart renders (deno task kustomize writes it)",
  ignore,
  fn: async () => {
    for (const [path, text] of await kustomizeFiles()) {
      assert.deepEqual(parse(await Deno.readTextFile(`${KUSTOMIZE_DIR}/${path}`)), parse(text), path);
    }
  },
});

Deno.test({
  name: "kustomize and the chart agree object by object",
  ignore,
  fn: async () => {
    const kustomized = await decodeObjects(
      [await renderKustomize("base"), await renderKustomize("cleanup")].join("\n---\n"),
    );
    assert.deepEqual(byName(kustomized), byName(await rendered()));
  },
});

Deno.test({
  name: "kustomize with all components and the chart agree object by object",
  ignore,
  fn: async () => {
    const kustomized = byName(await decodeObjects(await renderKustomize("../../tests/deploy/testdata/kustomize")));
    const chart = byName(await rendered(...ALL, "hostNetwork=false"));
    assert.deepEqual(kustomized, chart.filter(([name]) => !name.includes("peili-cleanup")));
  },
});
