import { connect, type Socket } from "node:net";
import assert from "@std/assert";
import { MIB } from "../../src/core/units.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";
import { type RunningRegistry, startRegistry } from "./start_registry.ts";

/** Larger than what the sockets of both ends hold, so that a body is under way as long as nobody reads it. */
const BLOB_BYTES = 64 * MIB;

const blob = new Uint8Array(BLOB_BYTES).map((_, index) => index * 31 >> 8);

/** A client that has asked for the blob and reads nothing until it is told to. */
class PausedClient implements Disposable {
  readonly #socket: Socket;
  readonly #chunks: Uint8Array[] = [];
  readonly #end = Promise.withResolvers<"FIN" | "RST">();

  constructor({ local, blobPath }: RunningRegistry) {
    const [host = "", port] = local.split(":");
    this.#socket = connect({ host, port: Number(port) });
    this.#socket.write(`GET ${blobPath} HTTP/1.1\r\nHost: ${local}\r\nConnection: close\r\n\r\n`);
    this.#socket.once("data", (chunk: Uint8Array) => {
      this.#socket.pause();
      this.#chunks.push(chunk);
    });
    this.#socket.on("end", () => this.#end.resolve("FIN"));
    this.#socket.on("error", () => this.#end.resolve("RST"));
  }

  /** Whether the answer has begun. */
  get begun(): boolean {
    return this.#chunks.length > 0;
  }

  /** Reads all that comes, and tells how it ended. */
  async readAll(): Promise<{ body: Uint8Array<ArrayBuffer>; end: "FIN" | "RST" }> {
    this.#socket.on("data", (chunk: Uint8Array) => this.#chunks.push(chunk));
    this.#socket.resume();
    const end = await this.#end.promise;
    const all = new Uint8Array(await new Blob(this.#chunks as BlobPart[]).arrayBuffer());
    const head = new TextDecoder().decode(all.subarray(0, 4096)).indexOf("\r\n\r\n") + 4;
    return { body: all.subarray(head), end };
  }

  [Symbol.dispose]() {
    this.#socket.destroy();
  }
}

/** Waits until the node sends new requests away, as containerd does with them: to the next host. */
async function untilRefused({ local }: RunningRegistry): Promise<void> {
  await until("new requests to be refused", async () => {
    const answer = await fetch(`http://${local}/livez`);
    await answer.body?.cancel();
    return answer.status === 503;
  });
}

Deno.test("SIGTERM lets a body that is under way finish, takes no new request, and ends with code 0", async () => {
  await using dir = await tempDir();
  await using registry = await startRegistry(dir.path, blob, []);
  using client = new PausedClient(registry);
  await until("the answer to begin", () => client.begun);
  registry.process.signal("SIGTERM");
  await untilRefused(registry);
  assert.equal(registry.process.end, undefined);
  const { body, end } = await client.readAll();
  assert.equal(end, "FIN");
  assert.equal(await digestOf(body), registry.digest);
  assert.deepEqual(await registry.process.ended(), { code: 0, signal: null });
});

Deno.test("SIGTERM ends a body that takes longer than the grace: with FIN, and with code 0", async () => {
  await using dir = await tempDir();
  await using registry = await startRegistry(dir.path, blob, ["--shutdown-grace=300ms"]);
  using client = new PausedClient(registry);
  await until("the answer to begin", () => client.begun);
  registry.process.signal("SIGTERM");
  assert.deepEqual(await registry.process.ended(), { code: 0, signal: null });
  const { body, end } = await client.readAll();
  assert.equal(end, "FIN");
  assert.ok(body.length < BLOB_BYTES, `${body.length} bytes came`);
});

Deno.test("a second SIGTERM ends the process at once", async () => {
  await using dir = await tempDir();
  await using registry = await startRegistry(dir.path, blob, []);
  using client = new PausedClient(registry);
  await until("the answer to begin", () => client.begun);
  registry.process.signal("SIGTERM");
  await untilRefused(registry);
  registry.process.signal("SIGTERM");
  assert.deepEqual(await registry.process.ended({ timeoutMs: 2_000 }), { code: 1, signal: null });
});
