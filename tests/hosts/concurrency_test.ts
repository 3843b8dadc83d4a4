import assert from "@std/assert";
import { join } from "node:path";
import { cleanup } from "../../src/hosts/cleanup.ts";
import { lockDirectory } from "../../src/hosts/config_lock.ts";
import { configure } from "../../src/hosts/configure.ts";
import { tempDir } from "../support/temp_dir.ts";
import { CrashingDisk, quickDisk } from "./crashing_disk.ts";
import { makeTree, readFiles, readTree, type Spec } from "./tree.ts";

const BEFORE: Spec = {
  "docker.io/hosts.toml": "# mine\n",
  "docker.io/ca.crt": "authority",
  "ghcr.io": { link: "docker.io" },
};

function run(root: string, target: number): Promise<unknown> {
  return configure({
    registryConfigPath: root,
    mirrorTargets: [`http://127.0.0.1:${target}`],
    prependExisting: target % 2 === 0,
    disk: quickDisk,
  });
}

Deno.test("runs at the same time come one after the other", async () => {
  await using directory = await tempDir();
  await makeTree(directory.path, BEFORE);
  const before = await readTree(directory.path, { identity: true });
  const restore = () => cleanup({ registryConfigPath: directory.path, disk: quickDisk });
  await Promise.all([run(directory.path, 1), run(directory.path, 2), restore(), run(directory.path, 3), restore()]);
  await Promise.all([run(directory.path, 4), run(directory.path, 4), run(directory.path, 4)]);
  const files = await readFiles(directory.path);
  assert.match(files["docker.io/hosts.toml"] ?? "", /^# mine\n\n\[host\.'http:\/\/127\.0\.0\.1:4'\]\n.*\n.*$/);
  await restore();
  assert.deepEqual(await readTree(directory.path, { identity: true }), before);
});

Deno.test("a reader finds a whole file at any time while it is replaced", async () => {
  await using directory = await tempDir();
  await run(directory.path, 1);
  const path = join(directory.path, "_default", "hosts.toml");
  let done = false;
  const writing = (async () => {
    for (let target = 3; target < 40; target += 2) await run(directory.path, target);
    done = true;
  })();
  while (!done) assert.match(await Deno.readTextFile(path), /^\[host\.'http:\/\/127\.0\.0\.1:\d+'\]\n.*\n.*'200ms'$/);
  await writing;
});

Deno.test("lockDirectory() gives up in time, and with its signal", async () => {
  await using directory = await tempDir();
  {
    using _lock = await lockDirectory(directory.path);
    await assert.rejects(lockDirectory(directory.path, { waitMs: 30 }), /another run holds it for 30 ms$/);
    await assert.rejects(lockDirectory(directory.path, { signal: AbortSignal.timeout(20) }), { name: "TimeoutError" });
  }
  using _lock = await lockDirectory(directory.path, { waitMs: 0 });
});

Deno.test("configure() ends with the reason of its signal, and the next run goes on", async () => {
  await using directory = await tempDir();
  await makeTree(directory.path, BEFORE);
  const before = await readTree(directory.path, { identity: true });
  for (let steps = 0; steps < 30; steps += 3) {
    const controller = new AbortController();
    const disk = new CrashingDisk({ steps: Infinity });
    const rename = disk.rename;
    disk.rename = async (from, to) => {
      if (disk.taken >= steps) controller.abort(new DOMException("stop", "AbortError"));
      await rename(from, to);
    };
    const stopped = configure({
      registryConfigPath: directory.path,
      mirrorTargets: ["http://127.0.0.1:1"],
      disk,
      signal: controller.signal,
    });
    await stopped.catch((reason) => assert.equal(reason.name, "AbortError"));
  }
  await cleanup({ registryConfigPath: directory.path, disk: quickDisk });
  assert.deepEqual(await readTree(directory.path, { identity: true }), before);
});

/** Runs `configure()` and `cleanup()` in turns, as slowly as a signal from outside needs to hit any step. */
const ENDLESS_RUNS = `
  import { cleanup } from ${JSON.stringify(import.meta.resolve("../../src/hosts/cleanup.ts"))};
  import { configure } from ${JSON.stringify(import.meta.resolve("../../src/hosts/configure.ts"))};
  import { systemDisk } from ${JSON.stringify(import.meta.resolve("../../src/hosts/disk.ts"))};
  const registryConfigPath = Deno.args[0];
  const slowly = (call) => async (...args) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return await call(...args);
  };
  const disk = Object.fromEntries(Object.entries(systemDisk).map(([name, call]) => [name, slowly(call)]));
  console.log("running");
  for (let turn = 0;; turn++) {
    await configure({ registryConfigPath, mirrorTargets: ["http://127.0.0.1:1"], prependExisting: turn % 2 === 0, disk });
    if (turn % 3 === 0) await cleanup({ registryConfigPath, disk });
  }`;

Deno.test("a run that is killed lets go of the lock, and the next one goes on", async () => {
  await using directory = await tempDir();
  await using scripts = await tempDir();
  await makeTree(directory.path, BEFORE);
  const before = await readTree(directory.path, { identity: true });
  const script = join(scripts.path, "runs.ts");
  await Deno.writeTextFile(script, ENDLESS_RUNS);
  for (const afterMs of [7, 61, 133]) {
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const args = ["run", "--no-lock", "--no-check", "--allow-all", "--config", config, script, directory.path];
    const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    if (afterMs > 100) await run(directory.path, 2);
  }
  await cleanup({ registryConfigPath: directory.path, disk: quickDisk });
  assert.deepEqual(await readTree(directory.path, { identity: true }), before);
});
