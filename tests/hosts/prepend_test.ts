import assert from "@std/assert";
import { join } from "node:path";
import { configure, type ConfigureOptions, type ConfigureResult } from "../../src/hosts/configure.ts";
import { runCommand } from "../support/run_command.ts";
import { tempDir } from "../support/temp_dir.ts";
import { quickDisk } from "./crashing_disk.ts";
import { makeTree, readFiles, readTree, type Spec } from "./tree.ts";

const TARGET = "http://127.0.0.1:5000";
const TABLE = `[host.'${TARGET}']\ncapabilities = ['pull', 'resolve']\ndial_timeout = '200ms'`;

interface Outcome {
  result: ConfigureResult;
  files: Record<string, string>;
  tree: string[];
}

/** Prepends in a directory with the given content. */
async function prepend(before: Spec, options: Partial<ConfigureOptions> = {}): Promise<Outcome> {
  await using directory = await tempDir();
  await makeTree(directory.path, before);
  const all = {
    registryConfigPath: directory.path,
    mirrorTargets: [TARGET],
    prependExisting: true,
    disk: quickDisk,
    ...options,
  };
  const result = await configure(all);
  assert.equal((await configure(all)).changed, false);
  return { result, files: await readFiles(directory.path), tree: await readTree(directory.path, { withoutOwn: true }) };
}

Deno.test("prependExisting reaches the registries that hide _default", async () => {
  const before = { "docker.io/hosts.toml": 'server = "https://registry-1.docker.io"', "foo.bar_5000_/": "" };
  const { result, files } = await prepend(before);
  assert.deepEqual(result.configured, ["_default", "docker.io", "foo.bar_5000_"]);
  assert.equal(files["docker.io/hosts.toml"], `server = "https://registry-1.docker.io"\n\n${TABLE}`);
  assert.equal(files["foo.bar_5000_/hosts.toml"], TABLE);
  assert.equal(files["_default/hosts.toml"], TABLE);
});

Deno.test("prependExisting reaches only the registries that are mirrored", async () => {
  const { result, files } = await prepend({ "docker.io/hosts.toml": "# a", "ghcr.io/hosts.toml": "# b" }, {
    mirroredRegistries: ["https://docker.io", "https://quay.io"],
  });
  assert.deepEqual(result.configured, ["docker.io", "quay.io"]);
  assert.equal(files["docker.io/hosts.toml"], `server = 'https://registry-1.docker.io'\n# a\n\n${TABLE}`);
  assert.equal(files["ghcr.io/hosts.toml"], "# b");
  assert.equal(files["quay.io/hosts.toml"], `server = 'https://quay.io'\n\n${TABLE}`);
});

Deno.test("prependExisting takes the directory that containerd looks at first", async () => {
  const { files } = await prepend({ "foo.bar_5000_/hosts.toml": "[host.a]", "foo.bar:5000/hosts.toml": "[host.b]" }, {
    mirroredRegistries: ["https://foo.bar:5000"],
  });
  assert.equal(files["foo.bar_5000_/hosts.toml"], `server = 'https://foo.bar:5000'\n\n${TABLE}\n\n[host.a]`);
  assert.equal(files["foo.bar:5000/hosts.toml"], "[host.b]");
});

Deno.test("prependExisting keeps files, permissions, owners and links in effect", async () => {
  const { tree } = await prepend({
    "docker.io/hosts.toml": { bytes: 'ca = "nested/ca.crt"\n[host."https://a"]\n', mode: 0o640, owner: 1 },
    "docker.io/client.key": { bytes: "secret", mode: 0o600, owner: 1 },
    "docker.io/nested/ca.crt": "authority",
    "docker.io/link.crt": { link: "nested/ca.crt" },
    "certificates/shared.crt": "shared",
  });
  const of = (prefix: string) =>
    tree.filter((line) => line.startsWith(`"${prefix}`) && !line.includes("hosts.toml"))
      .map((line) => line.replace("_backup/", ""));
  assert.deepEqual(of("docker.io"), of("_backup/docker.io"));
  assert.deepEqual(of("certificates"), of("_backup/certificates"));
  const hosts = tree.filter((line) => line.includes("docker.io/hosts.toml"));
  assert.deepEqual(hosts.map((line) => line.split(" ")[1]), ["640", "640"]);
});

Deno.test("prependExisting names the certificates of a directory without hosts.toml", async () => {
  for (const hosts of [{}, { "docker.io/hosts.toml": "" }] as Spec[]) {
    const names = { "docker.io/a.crt": "", "docker.io/b.cert": "", "docker.io/b.key": "", "docker.io/c.cert": "" };
    const { files } = await prepend({ ...names, ...hosts }, { mirroredRegistries: ["https://docker.io"] });
    assert.equal(
      files["docker.io/hosts.toml"],
      `server = 'https://registry-1.docker.io'\nca = ["a.crt"]\nclient = [["b.cert", "b.key"]]\n\n${TABLE}`,
    );
  }
});

Deno.test("prependExisting follows links to where they led before", async () => {
  await using outside = await tempDir();
  await makeTree(outside.path, { "hosts.toml": "# outside", "ca.crt": "authority" });
  const { result, files } = await prepend({
    "docker.io/hosts.toml": { link: "../common/hosts.toml" },
    "ghcr.io": { link: "docker.io" },
    "quay.io": { link: outside.path },
    "common/hosts.toml": "# shared",
  });
  assert.deepEqual(result.warnings, []);
  assert.equal(files["docker.io/hosts.toml"], `# shared\n\n${TABLE}`);
  assert.equal(files["ghcr.io/hosts.toml"], files["docker.io/hosts.toml"]);
  assert.equal(files["quay.io/hosts.toml"], `# outside\n\n${TABLE}`);
  assert.equal(files["quay.io/ca.crt"], "authority");
  assert.equal(files["common/hosts.toml"], "# shared");
});

const LEFT_ALONE: Record<string, [Spec, RegExp]> = {
  "is not TOML": [
    { "docker.io/hosts.toml": "server = = 'a'" },
    /^Cannot prepend to "docker.io\/hosts.toml": Invalid TOML/,
  ],
  "is not UTF-8": [{ "docker.io/hosts.toml": Uint8Array.of(0x23, 0xff) }, /not UTF-8$/],
  "is huge": [{ "docker.io/hosts.toml": "#".repeat(300_000) }, /too large/],
  "is a directory": [{ "docker.io/hosts.toml/a": "" }, /is no file$/],
  "is a link to nothing": [{ "docker.io/hosts.toml": { link: "/nonexistent" } }, /link to nothing/],
  "is in a link to nothing": [{ "docker.io": { link: "../nonexistent" } }, /^Cannot prepend to "docker.io": .*nothing/],
  "is in a link to itself": [{ "docker.io": { link: "docker.io" } }, /link to nothing/],
  "has its hosts in one line": [{ "docker.io/hosts.toml": "host = { a = {} }" }, /redefine/],
};

for (const [name, [before, warning]] of Object.entries(LEFT_ALONE)) {
  Deno.test(`prependExisting leaves a hosts.toml in effect that ${name}`, async () => {
    const { result, tree } = await prepend(before, { mirroredRegistries: ["https://docker.io"] });
    assert.deepEqual(result.configured, []);
    assert.equal(result.warnings.length, 1);
    assert.match(result.warnings[0]!, warning);
    assert.doesNotMatch(result.warnings[0]!, /\n/);
    const of = (prefix: string) =>
      tree.filter((line) => line.startsWith(`"${prefix}`)).map((line) => line.replace("_backup/", ""));
    assert.deepEqual(of("docker.io"), of("_backup/docker.io"));
  });
}

Deno.test("prependExisting does without pipes and other things that are no configuration", async () => {
  await using directory = await tempDir();
  await makeTree(directory.path, { "docker.io/hosts.toml": "# a" });
  await runCommand("mkfifo", [join(directory.path, "docker.io", "pipe"), join(directory.path, "pipe")]);
  await configure({ registryConfigPath: directory.path, mirrorTargets: [TARGET], prependExisting: true });
  const tree = await readTree(directory.path);
  assert.deepEqual(tree.filter((line) => line.endsWith("other")).map((line) => line.split(" ")[0]), [
    '"_backup/docker.io/pipe"',
    '"_backup/pipe"',
  ]);
});
