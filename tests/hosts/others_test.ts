import assert from "@std/assert";
import { join } from "node:path";
import { cleanup } from "../../src/hosts/cleanup.ts";
import { configure, type ConfigureResult } from "../../src/hosts/configure.ts";
import { tempDir } from "../support/temp_dir.ts";
import { quickDisk } from "./crashing_disk.ts";
import { makeTree, readFiles, readTree, type Spec } from "./tree.ts";

const TARGET = "http://127.0.0.1:5000";
const TABLE = `[host.'${TARGET}']\ncapabilities = ['pull', 'resolve']\ndial_timeout = '200ms'`;
const HUB = "server = 'https://registry-1.docker.io'";

/** A directory that is configured, changed by others, configured again and cleaned up. */
async function history(
  before: Spec,
  prependExisting: boolean,
  change: (root: string) => Promise<unknown>,
): Promise<{ result: ConfigureResult; configured: Record<string, string>; cleaned: Record<string, string> }> {
  await using directory = await tempDir();
  await makeTree(directory.path, before);
  const run = () =>
    configure({
      registryConfigPath: directory.path,
      mirroredRegistries: ["https://docker.io"],
      mirrorTargets: [TARGET],
      prependExisting,
      disk: quickDisk,
    });
  await run();
  await change(directory.path);
  const result = await run();
  const configured = await readFiles(directory.path);
  assert.equal((await run()).changed, false);
  await cleanup({ registryConfigPath: directory.path, disk: quickDisk });
  return { result, configured, cleaned: await readFiles(directory.path) };
}

Deno.test("what others add goes to the backup, and stays when all is cleaned up", async () => {
  const added: Spec = { "ghcr.io/hosts.toml": "# added\n", "docker.io/ca.crt": "authority", "readme": "text" };
  const { result, configured, cleaned } = await history({}, false, (root) => makeTree(root, added));
  assert.deepEqual(result.backedUp.sort(), ["docker.io/ca.crt", "ghcr.io", "readme"]);
  assert.deepEqual(result.hidden, ["docker.io", "ghcr.io"]);
  assert.deepEqual(configured, {
    "_backup/docker.io/ca.crt": "authority",
    "_backup/ghcr.io/hosts.toml": "# added\n",
    "_backup/readme": "text",
    "docker.io/hosts.toml": `${HUB}\n\n${TABLE}`,
  });
  assert.deepEqual(cleaned, added);
});

Deno.test("what others add stays in effect when it is prepended to", async () => {
  const added: Spec = { "ghcr.io/hosts.toml": "# added\n", "docker.io/ca.crt": "authority" };
  const { configured, cleaned } = await history({}, true, (root) => makeTree(root, added));
  assert.equal(configured["ghcr.io/hosts.toml"], "# added\n");
  assert.equal(configured["docker.io/ca.crt"], "authority");
  assert.equal(configured["docker.io/hosts.toml"], `${HUB}\nca = ["ca.crt"]\n\n${TABLE}`);
  assert.deepEqual(cleaned, added);
});

Deno.test("a file that its owner wrote anew replaces what the backup has, which is kept beside it", async () => {
  const before: Spec = { "docker.io/hosts.toml": "# first\n" };
  const { result, configured, cleaned } = await history(
    before,
    true,
    (root) => Deno.writeTextFile(join(root, "docker.io", "hosts.toml"), "# second\n"),
  );
  assert.deepEqual(result.setAside, ["docker.io/hosts.toml.peili-1"]);
  assert.equal(configured["docker.io/hosts.toml"], `${HUB}\n# second\n\n${TABLE}`);
  assert.deepEqual(cleaned, { "docker.io/hosts.toml": "# second\n", "docker.io/hosts.toml.peili-1": "# first\n" });
});

Deno.test("a file that its owner wrote again as it was leaves the backup as it is", async () => {
  for (const prependExisting of [false, true]) {
    const before: Spec = { "docker.io/hosts.toml": { bytes: "# mine\n", mode: 0o640 } };
    const { result, cleaned } = await history(before, prependExisting, async (root) => {
      await Deno.remove(join(root, "docker.io"), { recursive: true });
      await makeTree(root, { "docker.io/hosts.toml": "# mine\n" });
    });
    assert.deepEqual([result.backedUp, result.setAside], [[], []]);
    assert.deepEqual(cleaned, { "docker.io/hosts.toml": "# mine\n" });
  }
});

Deno.test("an edit of a file that was prepended to is an edit of the owner's part", async () => {
  const before: Spec = { "docker.io/hosts.toml": `${HUB}\n\n[host."https://a"]\n` };
  const { configured, cleaned } = await history(before, true, async (root) => {
    const path = join(root, "docker.io", "hosts.toml");
    await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace("https://a", "https://b"));
  });
  assert.equal(configured["docker.io/hosts.toml"], `${HUB}\n\n${TABLE}\n\n[host."https://b"]\n`);
  assert.equal(cleaned["docker.io/hosts.toml"], `${HUB}\n\n[host."https://b"]\n`);
  assert.equal(cleaned["docker.io/hosts.toml.peili-1"], before["docker.io/hosts.toml"]);
});

Deno.test("an edit of a file that is all ours is kept beside what stood there before", async () => {
  const before: Spec = { "docker.io/hosts.toml": "# mine\n" };
  const { result, configured, cleaned } = await history(
    before,
    false,
    (root) => Deno.writeTextFile(join(root, "docker.io", "hosts.toml"), "\n[host.'https://b']\n", { append: true }),
  );
  assert.deepEqual(result.setAside, ["docker.io/hosts.toml.peili-1"]);
  assert.equal(configured["docker.io/hosts.toml"], `${HUB}\n\n${TABLE}`);
  assert.deepEqual(cleaned, {
    "docker.io/hosts.toml": "# mine\n",
    "docker.io/hosts.toml.peili-1": "\n[host.'https://b']\n",
  });
});

Deno.test("a file of the same text as one of ours is its owner's where we wrote none", async () => {
  const { cleaned } = await history(
    {},
    false,
    (root) => makeTree(root, { "ghcr.io/hosts.toml": TABLE, "docker.io/deeper/hosts.toml": TABLE }),
  );
  assert.deepEqual(cleaned, { "docker.io/deeper/hosts.toml": TABLE, "ghcr.io/hosts.toml": TABLE });
});

Deno.test("something of another kind in place of our directory goes to the backup", async () => {
  const { configured, cleaned } = await history({ "docker.io/hosts.toml": "# mine\n" }, false, async (root) => {
    await Deno.remove(join(root, "docker.io"), { recursive: true });
    await makeTree(root, { "docker.io": "a file" });
  });
  assert.equal(configured["docker.io/hosts.toml"], `${HUB}\n\n${TABLE}`);
  assert.deepEqual(cleaned, { "docker.io": "a file", "docker.io.peili-1/hosts.toml": "# mine\n" });
});

Deno.test("a backup that somebody removed is missed by nobody", async () => {
  const { result, cleaned } = await history(
    { "docker.io/hosts.toml": "# mine\n" },
    false,
    (root) => Deno.remove(join(root, "_backup"), { recursive: true }),
  );
  assert.deepEqual(result.backedUp, []);
  assert.deepEqual(cleaned, {});
});

Deno.test("cleanup() takes back what was written although the backup is gone", async () => {
  await using directory = await tempDir();
  await configure({ registryConfigPath: directory.path, mirrorTargets: [TARGET] });
  await Deno.remove(join(directory.path, "_backup"));
  await makeTree(directory.path, { "_default/ca.crt": "authority", "ghcr.io/hosts.toml": "# mine\n" });
  await cleanup({ registryConfigPath: directory.path });
  assert.deepEqual(await readFiles(directory.path), {
    "_default/ca.crt": "authority",
    "ghcr.io/hosts.toml": "# mine\n",
  });
  assert.ok(!(await readTree(directory.path)).some((line) => line.includes("peili") || line.includes("_backup")));
});
