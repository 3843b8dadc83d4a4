import assert from "@std/assert";
import { readBasicAuth } from "../../src/http/basic_auth.ts";
import { tempDir } from "../support/temp_dir.ts";
import { runCli } from "./run_cli.ts";

Deno.test("readBasicAuth() reads both files, wants both or none, and takes a line end off", async () => {
  await using dir = await tempDir();
  assert.equal(await readBasicAuth(`${dir.path}/none`), undefined);
  assert.equal(await readBasicAuth(dir.path), undefined);
  await Deno.writeTextFile(`${dir.path}/username`, "peili\n");
  await assert.rejects(readBasicAuth(dir.path), /there is no file "password"/);
  await Deno.writeTextFile(`${dir.path}/password`, "a b \r\n");
  assert.deepEqual(await readBasicAuth(dir.path), { username: "peili", password: "a b " });
});

Deno.test("peili configuration writes the password of the nodes into hosts.toml, for its owner alone", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(`${dir.path}/username`, "user");
  await Deno.writeTextFile(`${dir.path}/password`, "word");
  const flags = [`--containerd-registry-config-path=${dir.path}/certs.d`, "--mirror-targets=http://127.0.0.1:30020"];
  const { code, stderr } = await runCli(["configuration", ...flags, `--basic-auth-dir=${dir.path}`]);
  assert.equal(code, 0, stderr);
  const path = `${dir.path}/certs.d/_default/hosts.toml`;
  assert.match(await Deno.readTextFile(path), /\.header\]\nAuthorization = 'Basic dXNlcjp3b3Jk'/);
  assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
});

Deno.test("peili configuration ends with code 1 and one line for half a password", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(`${dir.path}/password`, "word");
  const flags = [`--containerd-registry-config-path=${dir.path}/certs.d`, "--mirror-targets=http://127.0.0.1:30020"];
  const { code, stderr } = await runCli(["configuration", ...flags, `--basic-auth-dir=${dir.path}`]);
  assert.equal(code, 1);
  assert.match(stderr, /^error: Cannot use the basic authentication in .*no file "username"\n$/);
});
