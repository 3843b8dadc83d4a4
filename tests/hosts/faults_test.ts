import assert from "@std/assert";
import { join } from "node:path";
import { cleanup } from "../../src/hosts/cleanup.ts";
import { configure } from "../../src/hosts/configure.ts";
import type { Disk } from "../../src/hosts/disk.ts";
import { runCommand } from "../support/run_command.ts";
import { tempDir } from "../support/temp_dir.ts";
import { CrashingDisk } from "./crashing_disk.ts";
import { CAN_CHOWN, makeTree, readTree, type Spec } from "./tree.ts";

const BEFORE: Spec = {
  "docker.io/hosts.toml": { bytes: "# mine\n", mode: 0o640 },
  "docker.io/ca.crt": "authority",
  "ghcr.io/hosts.toml": "# too\n",
};

function run(root: string, disk?: Disk): Promise<unknown> {
  return configure({
    registryConfigPath: root,
    mirrorTargets: ["http://127.0.0.1:30020"],
    prependExisting: true,
    disk,
  });
}

Deno.test("configure() says on one line which step failed, and nothing is lost", async () => {
  let failed = true;
  for (let steps = 0; failed; steps++) {
    await using directory = await tempDir();
    await makeTree(directory.path, BEFORE);
    const before = await readTree(directory.path, { identity: true });
    const error = new Error("No space left on device (os error 28)");
    const disk = new CrashingDisk({ steps, error, once: true });
    const reason = await run(directory.path, disk).then(() => undefined, (reason: Error) => reason);
    failed = disk.crashed;
    const tidying = reason === undefined && failed; // what fails while it tidies up after an error is no other error
    if (failed && !tidying) {
      assert.equal(reason?.message, `Cannot configure mirrors in "${directory.path}": ${error.message}`);
    }
    const tree = await readTree(directory.path, { identity: true });
    const touched = tree.some((line) => line.startsWith('"_backup') || line.startsWith('".peili'));
    if (!touched) assert.deepEqual(tree, before);
    await run(directory.path);
    await cleanup({ registryConfigPath: directory.path });
    assert.deepEqual(await readTree(directory.path, { identity: true }), before);
  }
});

/** Mounts a file system in memory that ends with the scope. */
async function memoryMount(path: string, options = "size=64k"): Promise<AsyncDisposable> {
  await Deno.mkdir(path, { recursive: true });
  await runCommand("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]);
  return { [Symbol.asyncDispose]: async () => void await runCommand("umount", [path]) };
}

const canMount = CAN_CHOWN && await tryMount();

async function tryMount(): Promise<boolean> {
  await using directory = await tempDir();
  try {
    await using _mount = await memoryMount(join(directory.path, "mount"));
    return true;
  } catch {
    return false;
  }
}

Deno.test({ name: "configure() changes nothing on a full disk", ignore: !canMount }, async () => {
  await using directory = await tempDir();
  const root = join(directory.path, "certs.d");
  await using _mount = await memoryMount(root);
  await makeTree(root, BEFORE);
  await Deno.writeFile(join(root, "filler"), new Uint8Array(60 * 1024)).catch(() => {});
  await Deno.writeFile(join(root, "rest"), new Uint8Array(64 * 1024)).catch(() => {});
  const before = await readTree(root, { identity: true });
  await assert.rejects(run(root), /^Error: Cannot configure mirrors in ".*": No space left on device[^\n]*$/);
  assert.deepEqual(await readTree(root, { identity: true }), before);
  await Deno.remove(join(root, "rest"));
  await Deno.remove(join(root, "filler"));
  await run(root);
});

Deno.test({ name: "configure() and cleanup() change nothing on a read-only disk", ignore: !canMount }, async () => {
  await using directory = await tempDir();
  const root = join(directory.path, "certs.d");
  await using _mount = await memoryMount(root);
  await makeTree(root, BEFORE);
  for (const [command, action] of [[run, "configure mirrors"], [restore, "clean up mirrors"]] as const) {
    await runCommand("mount", ["-o", "remount,ro", root]);
    const before = await readTree(root, { identity: true });
    await assert.rejects(
      command(root),
      new RegExp(`^Error: Cannot ${action} in "[^"]*": Read-only file system[^\n]*$`),
    );
    assert.deepEqual(await readTree(root, { identity: true }), before);
    await runCommand("mount", ["-o", "remount,rw", root]);
    await run(root);
  }
});

function restore(root: string): Promise<unknown> {
  return cleanup({ registryConfigPath: root });
}

Deno.test({ name: "configure() changes nothing when an entry is on another disk", ignore: !canMount }, async () => {
  for (const place of ["docker.io", "_backup", "ghcr.io/deeper"]) {
    await using directory = await tempDir();
    await makeTree(directory.path, BEFORE);
    if (place === "ghcr.io/deeper") await run(directory.path);
    await using _mount = await memoryMount(join(directory.path, place));
    await makeTree(join(directory.path, place), { "key": "secret" });
    const before = await readTree(directory.path, { identity: true });
    await assert.rejects(run(directory.path), /^Error: Cannot configure mirrors .*is on another file system[^\n]*$/);
    assert.deepEqual(await readTree(directory.path, { identity: true }), before);
  }
});

const REFUSED: Record<string, [Spec, RegExp]> = {
  "a backup that is a file": [{ "_backup": "x" }, /"[^"]*_backup" is no directory$/],
  "a backup that is a link": [{ "_backup": { link: "docker.io" } }, /"[^"]*_backup" is no directory$/],
  "an own directory that is a file": [{ ".peili": "x" }, /File exists|Not a directory/],
  "two backups": [{ "_backup/": "", ".peili/backup/ghcr.io/hosts.toml": "x" }, /merge them by hand$/],
  "the remains of a run in the backup": [{ "_backup/.peili/backup/a": "x" }, /bring what is in it back by hand$/],
};

for (const [name, [spec, message]] of Object.entries(REFUSED)) {
  Deno.test(`configure() and cleanup() change nothing when they find ${name}`, async () => {
    await using directory = await tempDir();
    await makeTree(directory.path, { ...BEFORE, ...spec });
    const before = await readTree(directory.path, { identity: true });
    await assert.rejects(run(directory.path), message);
    assert.deepEqual(await readTree(directory.path, { identity: true }), before);
    await restore(directory.path).catch((reason) => assert.match(reason.message, message));
    assert.deepEqual(await readTree(directory.path, { identity: true }), before);
  });
}

Deno.test("configure() changes nothing when a name is not UTF-8", async () => {
  await using directory = await tempDir();
  await makeTree(directory.path, BEFORE);
  await runCommand("sh", ["-c", 'touch "$(printf "%s/a\\377b" "$0")"', directory.path]);
  await assert.rejects(run(directory.path), /its name is not UTF-8$/);
  assert.equal((await Deno.lstat(join(directory.path, "docker.io", "hosts.toml"))).isFile, true);
});

Deno.test("configure() restores names within an entry that are not UTF-8", async () => {
  await using directory = await tempDir();
  await makeTree(directory.path, { "docker.io/hosts.toml": "# mine\n" });
  await runCommand("sh", ["-c", 'touch "$(printf "%s/a\\377b" "$0")"', join(directory.path, "docker.io")]);
  const list = () => runCommand("sh", ["-c", 'ls "$0" | od -c', join(directory.path, "docker.io")]);
  const before = await list();
  await configure({ registryConfigPath: directory.path, mirrorTargets: ["http://127.0.0.1:30020"] });
  await restore(directory.path);
  assert.equal(await list(), before);
});

Deno.test("configure() says so when the path is no directory", async () => {
  await using directory = await tempDir();
  const path = join(directory.path, "file");
  await Deno.writeTextFile(path, "x");
  await assert.rejects(run(path), /^Error: Cannot configure mirrors in ".*\/file": [^\n]+$/);
  await assert.rejects(run(join(path, "below")), /^Error: Cannot configure mirrors in "[^\n]+$/);
  await assert.rejects(restore(path), /^Error: Cannot clean up mirrors in "[^\n]+$/);
  assert.equal(await Deno.readTextFile(path), "x");
});

Deno.test("cleanup() has nothing to do in a directory that is not there", async () => {
  await using directory = await tempDir();
  const nothing = { changed: false, restored: [], setAside: [] };
  assert.deepEqual(await cleanup({ registryConfigPath: join(directory.path, "nowhere") }), nothing);
  assert.deepEqual(await cleanup({ registryConfigPath: directory.path }), nothing);
});
