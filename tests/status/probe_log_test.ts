import assert from "@std/assert";
import { ProbeLog } from "../../src/status/probe_log.ts";

const INFO = {
  remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 1 },
  completed: Promise.resolve(),
} as Deno.ServeHandlerInfo<Deno.NetAddr>;

async function statusOf(log: ProbeLog, path: string): Promise<number> {
  const handler = log.watch(() => new Response("other"));
  return (await handler(new Request(`http://127.0.0.1${path}`), INFO)).status;
}

Deno.test("ProbeLog answers probes and remembers them", async () => {
  const log = new ProbeLog();
  assert.equal(await statusOf(log, "/v2/peili-probe/abc/manifests/probe?ns=a.test"), 404);
  assert.deepEqual(log.probes.map(({ registry, repository }) => [registry, repository]), [[
    "a.test",
    "peili-probe/abc",
  ]]);
});

for (
  const path of [
    "/v2/lib/app/manifests/v1?ns=a.test",
    "/v2/peili-probe/",
    "/v2/peili-probe/abc/manifests/v1",
    "/readyz",
  ]
) {
  Deno.test(`ProbeLog lets ${path} pass`, async () => {
    const log = new ProbeLog();
    assert.equal(await statusOf(log, path), 200);
    assert.deepEqual(log.probes, []);
  });
}

Deno.test("ProbeLog remembers the last sixteen", async () => {
  const log = new ProbeLog();
  for (let n = 0; n < 40; n++) await statusOf(log, `/v2/peili-probe/n${n}/manifests/probe?ns=a.test`);
  assert.deepEqual([log.probes.length, log.probes.at(-1)?.repository], [16, "peili-probe/n39"]);
});
