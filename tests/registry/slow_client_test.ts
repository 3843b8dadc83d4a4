import assert from "@std/assert";
import { connect } from "node:net";
import { until } from "../support/until.ts";
import { storedImage } from "./stored_image.ts";
import { TestNode } from "./test_node.ts";

const MIB = 1024 * 1024;
const image = await storedImage(24 * MIB);
const LAYER = `/v2/team/app/blobs/${image.layer.digest}?ns=reg.example:5000`;

Deno.test("clients that read in fits and starts get the bytes of the layer, each at its own pace", async () => {
  await using node = new TestNode({ store: image.store });
  const port = node.listen();
  await Promise.all([1, 2, 3, 4].map(async (pace) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.write(`GET ${LAYER} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    let received = -1;
    let wrong = 0;
    let chunks = 0;
    for await (const chunk of socket as AsyncIterable<Uint8Array>) {
      const bytes = received < 0
        ? chunk.subarray(new TextDecoder("latin1").decode(chunk).indexOf("\r\n\r\n") + 4)
        : chunk;
      received = Math.max(received, 0);
      const expected = image.layer.bytes.subarray(received, received + bytes.length);
      if (!bytes.every((byte, index) => byte === expected[index])) wrong++;
      received += bytes.length;
      if (++chunks % (20 * pace) === 0) await new Promise((resolve) => setTimeout(resolve, 5 * pace));
    }
    assert.deepEqual([received, wrong], [image.layer.bytes.length, 0]);
  }));
});

Deno.test("a client that goes away in the middle of a layer is no error and leaves nothing open", async () => {
  await using node = new TestNode({ store: image.store });
  const port = node.listen();
  for (const bye of ["destroy", "resetAndDestroy"] as const) {
    const socket = connect({ host: "127.0.0.1", port });
    socket.write(`GET ${LAYER} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await new Promise((resolve) => socket.once("data", resolve));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket[bye]();
    await closed;
  }
  await until("the end of the requests", async () => await node.metric("http_requests_inflight") === 0);
  assert(await node.metric("peili_bytes_total") < image.layer.bytes.length, "it is not read on for nobody");
});
