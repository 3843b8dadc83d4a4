import assert from "@std/assert";
import { join } from "node:path";
import { configure, type ConfigureOptions } from "../../src/hosts/configure.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTree, readFiles, readTree, type Spec } from "./tree.ts";

const TARGET = "http://127.0.0.1:5000";
const TABLE = `[host.'${TARGET}']\ncapabilities = ['pull', 'resolve']\ndial_timeout = '200ms'`;

interface Case {
  options: Omit<ConfigureOptions, "registryConfigPath">;
  before?: Spec;
  after: Record<string, string>;
}

/** What Spegel writes for the same flags. */
const CASES: Record<string, Case> = {
  "every registry, when none is named": {
    options: { mirrorTargets: [TARGET] },
    after: { "_default/hosts.toml": TABLE },
  },
  "several mirrors, in order": {
    options: { mirroredRegistries: ["http://foo.bar:5000"], mirrorTargets: [TARGET, "https://mirror.example", TARGET] },
    after: {
      "foo.bar:5000/hosts.toml": `server = 'http://foo.bar:5000'\n\n${TABLE}\n\n${
        TABLE.replace(TARGET, "https://mirror.example")
      }`,
    },
  },
  "digests alone": {
    options: { mirroredRegistries: ["https://docker.io", "*"], mirrorTargets: [TARGET], resolveTags: false },
    after: {
      "_default/hosts.toml": TABLE.replace(", 'resolve'", ""),
      "docker.io/hosts.toml": `server = 'https://registry-1.docker.io'\n\n${TABLE.replace(", 'resolve'", "")}`,
    },
  },
  "a user name and a password": {
    options: {
      mirrorTargets: [TARGET, "http://[fd00::2]:5000"],
      basicAuth: { username: "hello", password: "wörld" },
    },
    after: {
      "_default/hosts.toml": `${TABLE}
[host.'${TARGET}'.header]
Authorization = 'Basic aGVsbG86d8O2cmxk'

${TABLE.replace(TARGET, "http://[fd00::2]:5000")}
[host.'http://[fd00::2]:5000'.header]
Authorization = 'Basic aGVsbG86d8O2cmxk'`,
    },
  },
  "a backup of what stood there": {
    options: { mirroredRegistries: ["https://docker.io"], mirrorTargets: [TARGET] },
    before: { "docker.io/hosts.toml": "hello = 'world'", "ghcr.io/ca.crt": "x", "_default": "not even a directory" },
    after: {
      "_backup/docker.io/hosts.toml": "hello = 'world'",
      "_backup/ghcr.io/ca.crt": "x",
      "_backup/_default": "not even a directory",
      "docker.io/hosts.toml": `server = 'https://registry-1.docker.io'\n\n${TABLE}`,
    },
  },
};

for (const [name, { options, before = {}, after }] of Object.entries(CASES)) {
  Deno.test(`configure() writes ${name}`, async () => {
    await using directory = await tempDir();
    const registryConfigPath = join(directory.path, "etc", "certs.d");
    if (Object.keys(before).length > 0) await makeTree(registryConfigPath, before);
    await configure({ registryConfigPath, ...options });
    assert.deepEqual(await readFiles(registryConfigPath), after);
    assert.ok((await Deno.stat(join(registryConfigPath, "_backup"))).isDirectory);
  });
}

Deno.test("configure() changes nothing the second time, not even a time or an inode", async () => {
  await using directory = await tempDir();
  await makeTree(directory.path, { "docker.io/hosts.toml": "# mine\n", "quay.io": { link: "docker.io" } });
  for (const prependExisting of [false, true]) {
    const options = { registryConfigPath: directory.path, mirrorTargets: [TARGET], prependExisting };
    assert.equal((await configure(options)).changed, true);
    const before = [await readTree(directory.path, { identity: true }), (await Deno.stat(directory.path)).mtime];
    assert.equal((await configure(options)).changed, false);
    const after = [await readTree(directory.path, { identity: true }), (await Deno.stat(directory.path)).mtime];
    assert.deepEqual(after, before);
  }
});

Deno.test("configure() leaves a file that it need not change, and its permissions", async () => {
  await using directory = await tempDir();
  const options = { registryConfigPath: directory.path, mirrorTargets: [TARGET] };
  await configure({ ...options, mirroredRegistries: ["https://a.example", "https://b.example"] });
  const inode = async (name: string) => (await Deno.stat(join(directory.path, name, "hosts.toml"))).ino;
  const before = await inode("a.example");
  await configure({ ...options, mirroredRegistries: ["https://a.example"] });
  assert.equal(await inode("a.example"), before);
  await assert.rejects(inode("b.example"), Deno.errors.NotFound);
  await Deno.chmod(join(directory.path, "a.example", "hosts.toml"), 0o600);
  await configure({ ...options, mirroredRegistries: ["https://a.example"] });
  assert.equal((await Deno.stat(join(directory.path, "a.example", "hosts.toml"))).mode! & 0o777, 0o644);
});

Deno.test("configure() lets nobody else read a password", async () => {
  await using directory = await tempDir();
  await makeTree(directory.path, { "docker.io/hosts.toml": { bytes: "server = 'https://x'", mode: 0o664 } });
  await configure({
    registryConfigPath: directory.path,
    mirrorTargets: [TARGET],
    prependExisting: true,
    basicAuth: { username: "user", password: "secret" },
  });
  for (const line of await readTree(directory.path)) {
    if (line.includes("Authorization")) assert.match(line, /^".*" 600 /);
  }
  const own = await Deno.stat(join(directory.path, ".peili"));
  assert.equal(own.mode! & 0o777, 0o700);
});

Deno.test("configure() works in a directory that a symbolic link names", async () => {
  await using directory = await tempDir();
  const real = join(directory.path, "real");
  const link = join(directory.path, "link");
  await makeTree(real, { "docker.io/hosts.toml": "# mine\n" });
  await Deno.symlink("real", link);
  const result = await configure({ registryConfigPath: link, mirrorTargets: [TARGET] });
  assert.deepEqual(result.backedUp, ["docker.io"]);
  assert.ok((await Deno.lstat(link)).isSymlink);
  assert.deepEqual(await readFiles(real), { "_backup/docker.io/hosts.toml": "# mine\n", "_default/hosts.toml": TABLE });
});

Deno.test("configure() tells which registries are without effect now", async () => {
  await using directory = await tempDir();
  await makeTree(directory.path, {
    "docker.io/hosts.toml": "",
    "_default/": "",
    "localhost_5000_/": "",
    "mirror.example": { link: "docker.io" },
    "notes.txt": "a file",
    "certificates/ca.crt": "no registry",
  });
  const options = { registryConfigPath: directory.path, mirrorTargets: [TARGET] };
  const hidden = ["_default", "docker.io", "localhost_5000_", "mirror.example"];
  assert.deepEqual((await configure(options)).hidden, hidden);
  assert.deepEqual((await configure(options)).hidden, hidden);
  assert.deepEqual((await configure({ ...options, prependExisting: true })).hidden, []);
});

Deno.test("configure() throws SyntaxError before it touches anything", async () => {
  await using directory = await tempDir();
  const registryConfigPath = join(directory.path, "certs.d");
  await assert.rejects(configure({ registryConfigPath, mirrorTargets: [] }), SyntaxError);
  await assert.rejects(configure({ registryConfigPath, mirrorTargets: ["127.0.0.1:5000"] }), SyntaxError);
  await assert.rejects(
    configure({ registryConfigPath, mirrorTargets: [TARGET], mirroredRegistries: ["docker.io"] }),
    SyntaxError,
  );
  await assert.rejects(Deno.stat(registryConfigPath), Deno.errors.NotFound);
});
