import assert from "@std/assert";
import { readJsonLines } from "../json_lines.ts";
import { runCommand } from "../run_command.ts";
import { until } from "../until.ts";
import { contentKeys } from "./content_keys.ts";
import type { NodeKind } from "./host_calls.ts";
import { HostedRouter } from "./hosted_router.ts";
import { loopbackAddresses } from "./loopback_addresses.ts";
import { RouterHost } from "./router_host.ts";

const addresses = loopbackAddresses();

function open(host: RouterHost, peers: readonly string[], kind: NodeKind = "peili"): Promise<HostedRouter> {
  const hostname = addresses.next().value;
  return HostedRouter.open(host, { kind, hostname, port: 0, registryPort: 5000, bootstrap: { kind: "static", peers } });
}

for (const kind of ["peili", "stock"] as const) {
  Deno.test(`a node of kind ${kind} finds what one in another process announces`, async () => {
    await using one = await RouterHost.start({ name: "one" });
    await using two = await RouterHost.start({ name: "two" });
    const first = await open(one, [], kind);
    const second = await open(two, first.peers, kind);
    await second.awaitPeers(1, 20_000);
    const [key = ""] = contentKeys("key", 1);
    await first.announce([key]);
    const outcome = await until("the key", async () => {
      const [outcome] = await second.lookup([key], { deadlineMs: 1_000 });
      return outcome?.providers.length ? outcome : undefined;
    });
    assert.equal(outcome.providers[0]?.id, first.id);
    assert.ok(outcome.endMs >= (outcome.providers[0]?.atMs ?? Infinity));
    assert.equal((await first.stats()).announcedKeys, 1);
    assert.ok((await two.call("usage", { collect: true })).heapBytes > 0);
  });
}

Deno.test("a call fails when its node is not open, and when the process has ended", async () => {
  await using host = await RouterHost.start({ name: "short-lived" });
  await assert.rejects(() => host.call("stop", { node: "nobody" }), /no such node is open.*short-lived/);
  Deno.kill(host.pid, "SIGSTOP"); // so that it cannot answer before it ends
  const waiting = assert.rejects(() => host.call("usage", {}), /its process has ended/);
  await host.kill();
  await waiting;
  assert.ok(host.ended);
  await assert.rejects(() => host.call("usage", {}), /its process has ended/);
});

Deno.test("a host ends with the process that started it, however that ends", async () => {
  const program = `
    const { RouterHost } = await import(${JSON.stringify(new URL("router_host.ts", import.meta.url).href)});
    console.log((await RouterHost.start({ name: "orphan" })).pid);
    setInterval(() => {}, 1_000);`;
  const parent = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", `--config=${new URL("../../../deno.json", import.meta.url).pathname}`, program],
    stdout: "piped",
  }).spawn();
  const [pid] = await Array.fromAsync(readJsonLines(parent.stdout), async (line) => {
    assert.ok(await isRunning(line));
    parent.kill("SIGKILL");
    return line;
  });
  await parent.status;
  await until("the end of the host", async () => !await isRunning(pid));
});

async function isRunning(pid: unknown): Promise<boolean> {
  return await runCommand("sh", ["-c", `if kill -0 ${Number(pid)} 2>/dev/null; then echo yes; fi`]) === "yes\n";
}
