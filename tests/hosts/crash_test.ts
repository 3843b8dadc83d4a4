import assert from "@std/assert";
import { cleanup } from "../../src/hosts/cleanup.ts";
import { configure, type ConfigureOptions } from "../../src/hosts/configure.ts";
import type { Disk } from "../../src/hosts/disk.ts";
import { tempDir } from "../support/temp_dir.ts";
import { CrashingDisk, quickDisk } from "./crashing_disk.ts";
import { makeTree, readTree, type Spec } from "./tree.ts";

/** What stood there before: registries with and without `hosts.toml`, keys, links, and a file that looks like ours. */
const BEFORE: Spec = {
  "docker.io/hosts.toml": { bytes: 'server = "https://registry-1.docker.io" # hub\n', mode: 0o640, owner: 1 },
  "docker.io/certs/ca.crt": "authority",
  "docker.io/client.key": { bytes: "secret", mode: 0o600 },
  "ghcr.io/hosts.toml":
    "server = 'https://ghcr.io'\n\n[host.'http://127.0.0.1:30020']\ncapabilities = ['pull', 'resolve']\ndial_timeout = '200ms'",
  "quay.io": { link: "docker.io" },
  "empty.example/": "",
  "readme": "text",
};

/** What others do between two runs: new entries, a file in our directory, changes of ours and of theirs. */
async function interfere(root: string): Promise<void> {
  await makeTree(root, {
    "registry.example/hosts.toml": '[host."https://other.example"]\n',
    "docker.io/extra.crt": { bytes: "another authority", mode: 0o604, owner: 1 },
    "ghcr.io/hosts.toml": 'server = "https://changed.example"\n',
  });
  const hosts = `${root}/docker.io/hosts.toml`;
  await Deno.writeTextFile(hosts, `${await Deno.readTextFile(hosts)}\n[host."https://added.example"]\n`);
}

type Run = (root: string, disk?: Disk) => Promise<unknown>;

const FRESH: Omit<ConfigureOptions, "registryConfigPath"> = {
  mirroredRegistries: ["https://docker.io", "https://ghcr.io", "https://new.example"],
  mirrorTargets: ["http://127.0.0.1:30020"],
};
const fresh: Run = (root, disk = quickDisk) => configure({ registryConfigPath: root, ...FRESH, disk });
const prepend: Run = (root, disk = quickDisk) =>
  configure({ registryConfigPath: root, ...FRESH, prependExisting: true, disk });
const everything: Run = (root, disk = quickDisk) =>
  configure({
    registryConfigPath: root,
    mirrorTargets: ["http://10.0.0.1:30020", "http://10.0.0.2:30020"],
    prependExisting: true,
    basicAuth: { username: "user", password: "password" },
    disk,
  });
const clean: Run = (root, disk = quickDisk) => cleanup({ registryConfigPath: root, disk });

/** Leaves what Spegel leaves. */
async function spegel(root: string): Promise<void> {
  await fresh(root);
  await Deno.remove(`${root}/.peili`, { recursive: true });
}

const SCENARIOS: Record<string, { setUp: Run[]; run: Run }> = {
  "the first run": { setUp: [], run: fresh },
  "the first run that prepends": { setUp: [], run: prepend },
  "a run with other mirrors": { setUp: [prepend], run: everything },
  "a run that prepends no more": { setUp: [everything], run: fresh },
  "a run after others interfered": { setUp: [fresh, interfere], run: fresh },
  "a run that prepends after others interfered": { setUp: [prepend, interfere], run: prepend },
  "a run after Spegel": { setUp: [spegel, interfere], run: prepend },
  "cleaning up": { setUp: [fresh], run: clean },
  "cleaning up copies": { setUp: [everything], run: clean },
  "cleaning up after others interfered": { setUp: [prepend, interfere], run: clean },
  "cleaning up after Spegel": { setUp: [spegel], run: clean },
};

for (const [name, { setUp, run }] of Object.entries(SCENARIOS)) {
  Deno.test(`${name} is completed after a crash at any step`, async () => {
    const wanted = await outcome(setUp, async (root) => void await run(root));
    let steps = 0;
    for (let crashed = true; crashed; steps++) {
      let disk = new CrashingDisk({ steps });
      assert.deepEqual(await crashing(setUp, run, disk), wanted, `after ${steps} steps`);
      crashed = disk.crashed;
      if (!disk.divisible) continue;
      disk = new CrashingDisk({ steps, midway: true });
      assert.deepEqual(await crashing(setUp, run, disk), wanted, `in the middle of step ${steps}`);
    }
    assert.ok(steps > 8, `${steps} steps`);
  });
}

function crashing(setUp: Run[], run: Run, disk: CrashingDisk): Promise<string[][]> {
  return outcome(setUp, async (root) => {
    await run(root, disk).catch((reason) => assert.match(String(reason), /crash$/));
    await run(root);
  });
}

/** Returns what there is after a run, and after cleaning up. */
async function outcome(setUp: Run[], run: (root: string) => Promise<void>): Promise<string[][]> {
  await using directory = await tempDir();
  await makeTree(directory.path, BEFORE);
  for (const step of setUp) await step(directory.path);
  await run(directory.path);
  const after = await readTree(directory.path);
  await clean(directory.path);
  return [after, await readTree(directory.path)];
}
