import assert from "@std/assert";
import { effectiveSettings, readContainerdConfig } from "../../src/doctor/facts/containerd_config.ts";
import { hostTree } from "./host_tree.ts";

const MAIN = "/etc/containerd/config.toml";
const NEW = 'plugins."io.containerd.cri.v1.images"';
const OLD = 'plugins."io.containerd.grpc.v1.cri"';

/** Files of each form, and what they say. */
const FORMS: [name: string, text: string, wanted: Record<string, unknown>][] = [
  [
    "version 1",
    '[plugins.cri.registry]\nconfig_path = "/a"\n[plugins.cri.containerd]\ndiscard_unpacked_layers = true\n',
    { configPath: "/a", discardUnpackedLayers: true, localPull: undefined },
  ],
  [
    "version 2",
    `version = 2\n[${OLD}.registry]\nconfig_path = "/a"\n[${OLD}.containerd]\ndiscard_unpacked_layers = true\n`,
    { configPath: "/a", discardUnpackedLayers: true },
  ],
  [
    "version 3",
    `version = 3\n[${NEW}]\ndiscard_unpacked_layers = false\nuse_local_image_pull = true\n[${NEW}.registry]\nconfig_path = "/a:/b"\n`,
    { configPath: "/a:/b", discardUnpackedLayers: false, localPull: true },
  ],
  [
    "version 4, where servers are plugins",
    `version = 4\n[plugins."io.containerd.server.v1.grpc"]\naddress = "/run/containerd/containerd.sock"\n` +
    `[${NEW}]\ndiscard_unpacked_layers = true\n[${NEW}.registry]\nconfig_path = "/a"\n`,
    { configPath: "/a", discardUnpackedLayers: true, localPull: true },
  ],
  ["another number of downloads", `version = 3\n[${NEW}]\nmax_concurrent_downloads = 5\n`, { localPull: true }],
  ["registries in the older way", `version = 3\n[${NEW}.registry.mirrors."a.test"]\nendpoint = ["b"]\n`, {
    inlineMirrors: true,
    localPull: true,
  }],
  ["a plugin that version 3 passes over", `version = 3\n[${OLD}.registry]\nconfig_path = "/a"\n`, {
    configPath: undefined,
    misplaced: OLD,
  }],
];

for (const [name, text, wanted] of FORMS) {
  Deno.test(`readContainerdConfig() reads ${name}`, async () => {
    await using tree = await hostTree({ [MAIN]: text });
    const { state, files } = await readContainerdConfig(tree.files, MAIN);
    assert.equal(state, "seen");
    for (const [key, value] of Object.entries(wanted)) assert.deepEqual(files[0]?.[key as never], value, key);
  });
}

Deno.test("readContainerdConfig() follows imports, and names drop-ins that nothing imports", async () => {
  await using tree = await hostTree({
    [MAIN]: 'version = 3\nimports = ["/etc/containerd/more/*.toml", "one.toml"]\n',
    "/etc/containerd/more/a.toml": `version = 3\n[${NEW}.registry]\nconfig_path = "/a"\n`,
    "/etc/containerd/more/b.toml": `version = 3\n[${NEW}]\ndiscard_unpacked_layers = true\n`,
    "/etc/containerd/more/c.txt": "no toml",
    "/etc/containerd/one.toml": 'version = 3\nimports = ["/etc/containerd/config.toml"]\n', // round and round
    "/etc/containerd/conf.d/stray.toml": `version = 3\n[${NEW}.registry]\nconfig_path = "/b"\n`,
  });
  const { files, notImported } = await readContainerdConfig(tree.files, MAIN);
  assert.deepEqual(files.map(({ path }) => path), [
    MAIN,
    "/etc/containerd/more/a.toml",
    "/etc/containerd/more/b.toml",
    "/etc/containerd/one.toml",
  ]);
  assert.deepEqual(notImported.map(({ path }) => path), ["/etc/containerd/conf.d/stray.toml"]);
  const merged = effectiveSettings(files, false);
  assert.deepEqual([merged.configPath, merged.discardUnpackedLayers], ["/a", true]);
  const replaced = effectiveSettings(files, true);
  assert.deepEqual([replaced.configPath, replaced.erasedBy], [undefined, "/etc/containerd/more/b.toml"]);
});

Deno.test("readContainerdConfig() tells a broken file, one that is not there, and one that is not mounted", async () => {
  await using broken = await hostTree({ [MAIN]: "version = \n" });
  const facts = await readContainerdConfig(broken.files, MAIN);
  assert.equal(facts.state, "broken");
  assert.match(facts.problem ?? "", /config\.toml: line 1, column \d+: /);
  await using empty = await hostTree({});
  assert.equal((await readContainerdConfig(empty.files, MAIN)).state, "absent");
  await using pod = await hostTree({}, { mounted: ["/etc/cri", "/etc/contain"] });
  assert.equal((await readContainerdConfig(pod.files, MAIN)).state, "hidden");
  await using part = await hostTree({}, { mounted: ["/etc/containerd/"] });
  assert.equal((await readContainerdConfig(part.files, MAIN)).state, "absent");
});
