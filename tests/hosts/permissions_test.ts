import assert from "@std/assert";
import { join } from "node:path";
import { runCommand } from "../support/run_command.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTree, readTree } from "./tree.ts";

const SCRIPT = `
  import { cleanup } from ${JSON.stringify(import.meta.resolve("../../src/hosts/cleanup.ts"))};
  import { configure } from ${JSON.stringify(import.meta.resolve("../../src/hosts/configure.ts"))};
  const registryConfigPath = Deno.args[0];
  const result = await configure({ registryConfigPath, mirrorTargets: ["http://127.0.0.1:1"], prependExisting: true });
  console.log(JSON.stringify(result.configured));
  await cleanup({ registryConfigPath });`;

Deno.test("configure() and cleanup() need no more than to read and write their directory", async () => {
  await using directory = await tempDir();
  await using scripts = await tempDir();
  await makeTree(directory.path, {
    "docker.io/hosts.toml": { bytes: "# mine\n", mode: 0o640, owner: 1 },
    "docker.io/ca.crt": { link: "/nonexistent/ca.crt" },
    "ghcr.io": { link: "docker.io" },
    "quay.io": { link: "/nonexistent" },
  });
  const before = await readTree(directory.path, { identity: true });
  const script = join(scripts.path, "run.ts");
  await Deno.writeTextFile(script, SCRIPT);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const scope = [`--allow-read=${directory.path}`, `--allow-write=${directory.path}`, "--ignore-env", "--no-prompt"];
  const args = ["run", "--no-lock", "--no-check", ...scope, "--config", config, script, directory.path];
  assert.deepEqual(JSON.parse(await runCommand(Deno.execPath(), args)), ["_default", "docker.io", "ghcr.io"]);
  assert.deepEqual(await readTree(directory.path, { identity: true }), before);
});
