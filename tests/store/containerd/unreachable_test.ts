import assert from "@std/assert";
import { digestOf } from "../../../src/oci/digest.ts";
import { StoreUnavailableError } from "../../../src/store/content_store.ts";
import { openContainerdStore } from "../../../src/store/containerd/store.ts";
import { sleep } from "../../../src/core/deadline.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** The longest pause of grpc-js between attempts, which it does not give up when it is closed. */
const GRPC_PAUSE_MS = 700;

Deno.test("ContainerdStore throws StoreUnavailableError where nobody listens, and its watch waits", async () => {
  await using dir = await tempDir();
  const digest = await digestOf(new Uint8Array(1));
  {
    await using store = openContainerdStore(`${dir.path}/containerd.sock`);
    await assert.rejects(() => store.describe(digest), StoreUnavailableError);
    await assert.rejects(() => store.open(digest), StoreUnavailableError);
    await assert.rejects(() => store.sources(digest), StoreUnavailableError);
    await assert.rejects(() => store.resolve("registry.test/team/app:v1"), StoreUnavailableError);
    assert.deepEqual(await Array.fromAsync(store.watch({ signal: AbortSignal.timeout(200) })), []);
  }
  await sleep(GRPC_PAUSE_MS);
});

Deno.test("ContainerdStore takes a socket that is no gRPC server for one that does not answer", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/containerd.sock`;
  using listener = Deno.listen({ transport: "unix", path });
  const served = (async () => {
    for await (const connection of listener) {
      await connection.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
      connection.close();
    }
  })();
  {
    await using store = openContainerdStore(path);
    await assert.rejects(() => store.resolve("registry.test/team/app:v1"), StoreUnavailableError);
  }
  listener.close();
  await served;
  await sleep(GRPC_PAUSE_MS);
});
