import assert from "@std/assert";
import { recycledBody } from "../../src/http/recycled_body.ts";
import { rawHttp } from "../support/raw_http.ts";

/** A source that hands out pattern bytes in pieces of these sizes, then ends, or fails. */
function source(
  sizes: number[],
  failure?: Error,
): { stream: ReadableStream<Uint8Array<ArrayBuffer>>; ended: () => boolean } {
  let [next, position, ended] = [0, 0, false];
  const stream = new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: 65_536,
    pull(controller) {
      const request = controller.byobRequest;
      const view = request?.view;
      if (!request || !view) return;
      const size = sizes[next];
      if (size === undefined) {
        ended = true;
        if (failure) return controller.error(failure);
        controller.close();
        return request.respond(0);
      }
      const count = Math.min(size, view.byteLength);
      if (count === size) next++;
      else sizes[next] = size - count;
      const bytes = new Uint8Array(view.buffer, view.byteOffset, count);
      for (let index = 0; index < count; index++) bytes[index] = (position + index) % 251;
      position += count;
      request.respond(count);
    },
    cancel: () => void (ended = true),
  }, { highWaterMark: 0 });
  return { stream, ended: () => ended };
}

/** Serves one body and returns what a client got. */
async function served(body: ReadableStream<Uint8Array<ArrayBuffer>>, length: number) {
  const headers = { "content-length": String(length) };
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, onError: () => new Response(null, { status: 500 }) },
    () => new Response(body, { headers }),
  );
  return await rawHttp(server.addr.port, ["GET / HTTP/1.1", "Host: a", "Connection: close"]);
}

const SIZES: [name: string, sizes: number[]][] = [
  ["nothing", []],
  ["one byte", [1]],
  ["small pieces", Array(3_000).fill(997)],
  ["pieces on both sides of what is copied", Array(200).fill([65_535, 65_536, 65_537, 1]).flat()],
  ["large pieces", Array(40).fill(262_144)],
  ["pieces larger than a buffer", Array(10).fill(1_000_003)],
];

for (const [name, sizes] of SIZES) {
  Deno.test(`recycledBody() sends the bytes of its source as they are: ${name}`, async () => {
    const length = sizes.reduce((sum, size) => sum + size, 0);
    const { body, end } = await served(recycledBody(source([...sizes]).stream), length);
    assert.equal(body.length, length);
    assert.equal(body.findIndex((byte, index) => byte !== index % 251), -1);
    assert.equal(end, "FIN");
  });
}

Deno.test("recycledBody() sends everything that came before its source failed", async () => {
  const { stream } = source([300_000, 5, 300_000], new Error("x"));
  const { body, end } = await served(recycledBody(stream), 1_000_000);
  assert.equal(body.length, 600_005);
  assert.equal(body.findIndex((byte, index) => byte !== index % 251), -1);
  assert.equal(end, "FIN");
});

Deno.test("recycledBody() cancels its source when the reader goes away", async () => {
  const { stream, ended } = source(Array(100).fill(65_536));
  const reader = recycledBody(stream).getReader();
  assert.equal((await reader.read()).value?.length, 65_536);
  await reader.cancel();
  assert.equal(ended(), true);
});
