import assert from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { cleanup } from "../../src/hosts/cleanup.ts";
import { configure } from "../../src/hosts/configure.ts";
import { tempDir } from "../support/temp_dir.ts";
import { CrashingDisk, quickDisk } from "./crashing_disk.ts";
import { anySpec, makeTree, readTree, walk } from "./tree.ts";

/** One run of a command; a number of steps after which it is cut off, or none. */
type Run = { command: "fresh" | "prepend" | "everything" | "clean"; steps?: number; midway: boolean };

/** Something that others do to what stands in the directory. */
type Deed = { deed: "add" | "append" | "overwrite" | "replace"; place: number };

const anyRun: fc.Arbitrary<Run> = fc.record({
  command: fc.constantFrom("fresh", "prepend", "everything", "clean"),
  steps: fc.option(fc.nat({ max: 40 }), { nil: undefined, freq: 1 }),
  midway: fc.boolean(),
});
const anyDeed: fc.Arbitrary<Deed> = fc.record({
  deed: fc.constantFrom("add", "append", "overwrite", "replace"),
  place: fc.nat(),
});

Deno.test("cleanup() restores everything after any history of runs, whole ones and such that were cut off", async () => {
  await fc.assert(
    fc.asyncProperty(anySpec, fc.array(anyRun, { minLength: 1, maxLength: 5 }), async (spec, runs) => {
      await using directory = await tempDir();
      await makeTree(directory.path, spec);
      const before = await readTree(directory.path, { identity: true });
      for (const run of runs) await carryOut(directory.path, run);
      await cleanup({ registryConfigPath: directory.path, disk: quickDisk });
      assert.deepEqual(await readTree(directory.path, { identity: true }), before);
    }),
    { numRuns: 60 },
  );
});

Deno.test("nothing that others wrote is lost in any history of runs and of their deeds", async () => {
  await fc.assert(
    fc.asyncProperty(anySpec, fc.array(fc.oneof(anyRun, anyDeed), { maxLength: 8 }), async (spec, history) => {
      await using directory = await tempDir();
      await makeTree(directory.path, spec);
      const words = new Set<string>();
      for (const [index, event] of history.entries()) {
        if ("deed" in event) await act(directory.path, event, `<${index}>`, words);
        else await carryOut(directory.path, event);
      }
      await cleanup({ registryConfigPath: directory.path, disk: quickDisk });
      const tree = await readTree(directory.path);
      assert.ok(!tree.some((line) => /^"(_backup|\.peili)[/"]/.test(line)), tree.join("\n"));
      const text = tree.join("\n");
      for (const word of words) assert.ok(text.includes(word), `${word} is lost of\n${text}`);
    }),
    { numRuns: 120 },
  );
});

async function carryOut(root: string, { command, steps, midway }: Run): Promise<void> {
  const disk = steps === undefined ? quickDisk : new CrashingDisk({ steps, midway });
  try {
    if (command === "clean") return void await cleanup({ registryConfigPath: root, disk });
    await configure({
      registryConfigPath: root,
      mirroredRegistries: command === "everything" ? [] : ["https://docker.io", "http://foo.bar:5000"],
      mirrorTargets: command === "fresh" ? ["http://127.0.0.1:30020"] : ["http://10.0.0.1:30020"],
      prependExisting: command !== "fresh",
      disk,
    });
  } catch (reason) {
    assert.match(String(reason), /crash$/);
  }
}

/** Does the deed, with a word to recognize it by. Words that it destroys itself need not be kept. */
async function act(root: string, { deed, place }: Deed, word: string, words: Set<string>): Promise<void> {
  const paths = (await walk(root)).filter((path) => !/^(_backup|\.peili)/.test(path));
  const kinds = await Promise.all(paths.map(async (path) => (await Deno.lstat(join(root, path))).isDirectory));
  const files = paths.filter((_, index) => !kinds[index]);
  const directories = ["", ...paths.filter((_, index) => kinds[index])];
  const file = join(root, files[place % files.length] ?? "new");
  const directory = directories[place % directories.length] ?? "";
  if (deed === "add") {
    await makeTree(join(root, directory), { [`added-${word}.example/hosts.toml`]: word });
  } else if (deed === "append") {
    if (await isFile(file)) await Deno.writeTextFile(file, `\n# ${word}`, { append: true });
    else return;
  } else if (deed === "overwrite") {
    await forget(words, [file]);
    await Deno.remove(file).catch(() => {});
    await Deno.writeTextFile(file, word);
  } else {
    if (directory === "") return;
    await forget(words, (await walk(join(root, directory))).map((path) => join(root, directory, path)));
    await Deno.remove(join(root, directory), { recursive: true });
    await makeTree(root, { [`${directory}/hosts.toml`]: word });
  }
  words.add(word);
}

async function forget(words: Set<string>, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const text = await isFile(path) ? await Deno.readTextFile(path) : "";
    for (const word of words) if (text.includes(word)) words.delete(word);
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isFile;
  } catch {
    return false;
  }
}
