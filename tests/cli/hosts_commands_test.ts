import assert from "@std/assert";
import { spawnLogged } from "../support/logged_process.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";
import { runCli } from "./run_cli.ts";

/** A port of loopback that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("peili configuration, cleanup and cleanup-wait write, restore and wait for it", async () => {
  await using dir = await tempDir();
  const certs = `${dir.path}/certs.d`;
  await Deno.mkdir(`${certs}/docker.io`, { recursive: true });
  await Deno.writeTextFile(`${certs}/docker.io/hosts.toml`, "# mine\nserver = 'https://mine.example'\n");

  const path = `--containerd-registry-config-path=${certs}`;
  const configured = await runCli(["configuration", path, "--mirror-targets", "http://127.0.0.1:30020"]);
  assert.equal(configured.code, 0, configured.stderr);
  assert.match(await Deno.readTextFile(`${certs}/_default/hosts.toml`), /^\[host\.'http:\/\/127\.0\.0\.1:30020'\]\n/);

  const port = freePort();
  await using cleanup = spawnLogged({
    name: "cleanup",
    command: [Deno.execPath(), "run", "-A", "src/cli/main.ts", "cleanup", path, `--addr=127.0.0.1:${port}`],
    logPath: `${dir.path}/log`,
  });
  const waited = await runCli(["cleanup-wait", `--probe-endpoint=127.0.0.1:${port}`, "--period=50ms"]);
  assert.equal(waited.code, 0, waited.stderr);
  assert.deepEqual([...Deno.readDirSync(certs)].map(({ name }) => name), ["docker.io"]);
  assert.match(await Deno.readTextFile(`${certs}/docker.io/hosts.toml`), /^# mine\n/);
  cleanup.signal("SIGTERM");
  assert.deepEqual(await until("the end", () => cleanup.end), { code: 0, signal: null });
});
