import assert from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { cleanup } from "../../src/hosts/cleanup.ts";
import { configure } from "../../src/hosts/configure.ts";
import { tempDir } from "../support/temp_dir.ts";
import { quickDisk } from "./crashing_disk.ts";
import { anySpec, makeTree, readTree, walk } from "./tree.ts";

const TARGETS = ["http://127.0.0.1:30020"];

const anyRun = fc.record({
  mirroredRegistries: fc.constantFrom([], ["_default"], ["https://docker.io", "http://foo.bar:5000"]),
  mirrorTargets: fc.constantFrom(TARGETS, ["http://10.0.0.1:30020", "http://10.0.0.2:30020"]),
  prependExisting: fc.boolean(),
  resolveTags: fc.boolean(),
});

Deno.test("cleanup() restores every byte, permission, owner, link, time and inode", async () => {
  await fc.assert(
    fc.asyncProperty(anySpec, fc.array(anyRun, { minLength: 1, maxLength: 3 }), async (spec, runs) => {
      await using directory = await tempDir();
      await makeTree(directory.path, spec);
      for (const path of await walk(directory.path)) {
        if (!(await Deno.lstat(join(directory.path, path))).isSymlink) {
          await Deno.utime(join(directory.path, path), 1e9, 1e9 + path.length);
        }
      }
      const before = await readTree(directory.path, { identity: true });
      for (const run of runs) await configure({ registryConfigPath: directory.path, disk: quickDisk, ...run });
      assert.equal(
        (await configure({ registryConfigPath: directory.path, disk: quickDisk, ...runs.at(-1)! })).changed,
        false,
      );
      await cleanup({ registryConfigPath: directory.path, disk: quickDisk });
      assert.deepEqual(await readTree(directory.path, { identity: true }), before);
      assert.equal((await cleanup({ registryConfigPath: directory.path, disk: quickDisk })).changed, false);
    }),
    { numRuns: 100, endOnFailure: true },
  );
});
