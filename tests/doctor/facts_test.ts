import assert from "@std/assert";
import { isAtLeast, parseContainerdVersion } from "../../src/store/containerd_version.ts";
import { readHostsFiles } from "../../src/doctor/facts/hosts_files.ts";
import { leadsToNode, mirrorUrls } from "../../src/doctor/facts/mirror_url.ts";
import { aStatus } from "../status/a_status.ts";
import { hostTree } from "./host_tree.ts";

for (
  const [text, least, wanted] of [
    ["v2.3.4", "2.1", true],
    ["1.6.20~ds1", "1.6", true],
    ["1.6.20~ds1", "1.7", false],
    ["2.1.9+unknown", "2.1.9", true],
    ["2.0.11", "2.1", false],
    ["10.0", "2.1", true],
  ] as const
) {
  Deno.test(`isAtLeast() says ${wanted} for ${text} and ${least}`, () => {
    const version = parseContainerdVersion(text);
    assert.equal(version && isAtLeast(version, least), wanted);
  });
}

Deno.test("parseContainerdVersion() knows what is none", () => {
  assert.equal(parseContainerdVersion("main"), undefined);
});

Deno.test("readHostsFiles() reads the directories that containerd looks at, with their tables in order", async () => {
  await using tree = await hostTree({
    "/certs.d/_default/hosts.toml":
      '[host."http://a:1"]\ncapabilities = ["pull"]\n[host."http://b:2".header]\nAuthorization = "x"\n',
    "/certs.d/a.test_5000_/hosts.toml": "server = 'https://a.test'\n",
    "/certs.d/a.test:5000/hosts.toml": '[host."http://never-read:1"]\n',
    "/certs.d/b.test/ca.crt": "",
    "/certs.d/broken.test/hosts.toml": '[host."http://a:1"\n',
    "/certs.d/_backup/docker.io/hosts.toml": "",
    "/certs.d/.peili/written.json": "{}",
  });
  const { state, registries } = await readHostsFiles(tree.files, "/certs.d");
  assert.equal(state, "seen");
  assert.deepEqual(registries.map(({ name, registry, hosts }) => [name, registry, hosts.length]), [
    ["_default", "_default", 2],
    ["a.test_5000_", "a.test:5000", 0],
    ["b.test", "b.test", 0],
    ["broken.test", "broken.test", 0],
  ]);
  assert.deepEqual(registries[0]?.hosts, [
    { url: "http://a:1", capabilities: ["pull"], authorized: false },
    { url: "http://b:2", authorized: true },
  ]);
  assert.match(registries[3]?.problem ?? "", /line \d+/);
});

for (
  const [url, listeners, compat, wanted] of [
    ["http://127.0.0.1:30020", { local: "127.0.0.1:30020" }, false, true],
    ["http://localhost:30020", { local: "127.0.0.1:30020" }, false, true],
    ["https://127.0.0.1:30020", { local: "127.0.0.1:30020" }, false, false],
    ["http://10.0.0.5:30020", { local: "127.0.0.1:30020" }, false, false],
    ["http://10.0.0.5:30020", { local: "[::]:30020" }, false, true],
    ["http://10.0.0.5:5000", { registry: "[::]:5000" }, false, false],
    ["http://10.0.0.5:5000", { registry: "[::]:5000" }, true, true],
    ["http://[fd00::5]:30020", { local: "[fd00::5]:30020" }, false, true],
    ["127.0.0.1:30020", { local: "127.0.0.1:30020" }, false, false],
  ] as const
) {
  Deno.test(`leadsToNode() says ${wanted} for ${url} and ${JSON.stringify(listeners)}, compat ${compat}`, () => {
    const status = aStatus({ registryCompat: compat });
    assert.equal(leadsToNode(url, { ...status, listeners: { ...status.listeners, ...listeners } }), wanted);
  });
}

Deno.test("mirrorUrls() names loopback for a listener on every address", () => {
  const { listeners } = aStatus();
  assert.deepEqual(mirrorUrls(aStatus({ listeners: { ...listeners, local: "[::]:30020" } })), [
    "http://127.0.0.1:30020",
  ]);
});
