import assert from "@std/assert";
import { tempDir } from "../support/temp_dir.ts";

const MAIN = new URL("../../deploy/kind/main.ts", import.meta.url).pathname;

/** Runs the program with nothing on PATH but what a directory holds. */
async function runWithPath(path: string): Promise<{ code: number; errors: string }> {
  const args = ["run", "--quiet", "--no-prompt", "--allow-run", "--allow-read", "--allow-env", MAIN];
  const env = { PATH: path, HOME: path, NO_COLOR: "1", DENO_DIR: Deno.env.get("DENO_DIR") ?? "" };
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, env, clearEnv: true, stdin: "null" })
    .output();
  return { code, errors: new TextDecoder().decode(stderr) };
}

Deno.test("deno task dev says what is missing, and offers the local demo", async () => {
  await using dir = await tempDir();
  const { code, errors } = await runWithPath(dir.path);
  assert.equal(code, 1);
  for (const name of ["docker", "kind", "kubectl", "helm"]) {
    assert.match(errors, new RegExp(`^ {2}- ${name} is not installed`, "m"));
  }
  assert.match(errors, /^The local demo needs none of that: deno task demo$/m);
});

Deno.test("deno task dev says why docker does not work", async () => {
  await using dir = await tempDir();
  const script = "#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n";
  await Deno.writeTextFile(`${dir.path}/docker`, script, { mode: 0o755 });
  const { errors } = await runWithPath(dir.path);
  assert.match(errors, /^ {2}- docker does not work .*: Cannot connect to the Docker daemon$/m);
  assert.match(errors, /^ {2}- kind is not installed/m);
});
