import assert from "@std/assert";
import { startNode } from "../../src/node/node.ts";
import { MemoryNetwork } from "../../src/routing/memory_router.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { spawnLogged } from "../support/logged_process.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";
import { runCli } from "./run_cli.ts";

/** A node of this process, for the command to ask. */
async function aNode() {
  await using parts = new AsyncDisposableStack();
  const listen = "127.0.0.1:0";
  const node = parts.use(
    await startNode({ localAddr: listen, registryAddr: listen, routerAddr: listen, metricsAddr: listen }, {
      store: parts.use(new MemoryStore()),
      router: new MemoryNetwork().open({ hosts: [listen] }),
    }),
  );
  const owned = parts.move();
  return { address: `--metrics-addr=${node.metricsAddress}`, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

Deno.test("peili status shows a running node, for people and as JSON", async () => {
  await using node = await aNode();
  const { code, stdout, stderr } = await runCli(["status", node.address]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Peili \d.* {2}degraded {2}up .*\n\nis\n {2}id /);
  const json = await runCli(["status", node.address, "--json"]);
  assert.equal(JSON.parse(json.stdout).state, "degraded");
});

Deno.test("peili status --watch shows it again and again, until it is stopped", async () => {
  await using node = await aNode();
  await using dir = await tempDir();
  const command = ["status", node.address, "--json", "--watch", "--interval=50ms"];
  await using process = spawnLogged({
    name: "status",
    command: [Deno.execPath(), "run", "--quiet", "-A", "src/cli/main.ts", ...command],
    logPath: `${dir.path}/log`,
  });
  await until("three lines", async () => (await process.logLines('"state":"degraded"')).length >= 3);
  process.signal("SIGINT");
  assert.deepEqual(await until("the end", () => process.end), { code: 0, signal: null });
});

Deno.test("peili status and peili doctor say where they looked for a node", async () => {
  const status = await runCli(["status", "--metrics-addr=127.0.0.1:1"]);
  assert.equal(status.code, 1);
  assert.match(status.stderr, /^error: Cannot find a node of Peili at 127\.0\.0\.1:1: [^\n]*\n$/);
  const doctor = await runCli(["doctor", "--metrics-addr=127.0.0.1:1", "--containerd-sock=/nowhere.sock"]);
  assert.equal(doctor.code, 1);
  assert.equal(doctor.stderr, "");
  assert.match(doctor.stdout, /\n✗ node +Cannot find a node of Peili at 127\.0\.0\.1:1: /);
  assert.match(doctor.stdout, /\nfindings: \d+, fine: \d+, not checked: \d+\n$/);
});
