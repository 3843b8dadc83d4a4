import assert from "@std/assert";
import { httpText } from "../support/http_text.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";
import { type RunningRegistry, startRegistry } from "./start_registry.ts";

const BLOB = new TextEncoder().encode("a layer");

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function untilConnected({ local }: RunningRegistry): Promise<void> {
  await until("the node to have a peer", async () => {
    return JSON.parse(await httpText(`http://${local}/readyz`) ?? "{}").status === "ready";
  });
}

Deno.test("a node that starts again without any bootstrap joins by the peers of its last run", async () => {
  await using dir = await tempDir();
  const id = `127.0.0.1:${freePort()}`;
  const [first, second] = [`${dir.path}/first`, `${dir.path}/second`];
  for (const path of [first, second]) await Deno.mkdir(`${path}/data`, { recursive: true });
  const flags = (...more: string[]) => [`--data-dir=${second}/data`, ...more];
  await using _first = await startRegistry(first, BLOB, ["--bootstrap-kind=http", `--http-bootstrap-addr=${id}`]);
  {
    const url = `--http-bootstrap-url=http://${id}/id`;
    await using joined = await startRegistry(second, BLOB, flags("--bootstrap-kind=http", url));
    await untilConnected(joined);
    assert.deepEqual(await joined.process.stop(), { code: 0, signal: null });
  }
  await using again = await startRegistry(second, BLOB, flags("--bootstrap-kind=none"));
  await untilConnected(again);
});
