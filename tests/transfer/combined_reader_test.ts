import assert from "@std/assert";
import { sleep } from "../../src/core/deadline.ts";
import { KIB, MIB } from "../../src/core/units.ts";
import { digestOf } from "../../src/oci/digest.ts";
import type { Provider } from "../../src/routing/router.ts";
import type { BlobReader } from "../../src/transfer/blob_source.ts";
import { combinedReader } from "../../src/transfer/combined_reader.ts";
import { patternBytes } from "../registry/stored_image.ts";

const CONTENT = patternBytes(20 * MIB + 5);

/** How a source of the test behaves. */
interface Script {
  /** How long each 256 KiB take, in milliseconds. @default {2} */
  delayMs?: number;
  /** How many bytes it gives in all until it breaks. @default all that are asked for */
  breaksAfter?: number;
  /** Whether it goes silent instead of breaking. */
  silent?: boolean;
}

/** Sources by name, and what was asked of them. */
class Stage {
  readonly asked: { name: string; start: number; end: number }[] = [];
  open = 0;
  readonly #scripts: Record<string, Script>;
  readonly #given = new Map<string, number>();

  constructor(scripts: Record<string, Script>) {
    this.#scripts = scripts;
  }

  reader(options: { start?: number; rate?: number; stallMs?: number } = {}): BlobReader {
    const { start = 0, rate = 1, stallMs } = options;
    const [first = "", ...others] = Object.keys(this.#scripts);
    return combinedReader({
      next: () => {
        const name = others.shift();
        return Promise.resolve(name === undefined ? undefined : providerOf(name));
      },
      open: ({ id }, span, signal) => Promise.resolve(this.#open(id, span, signal)),
    }, { start, end: CONTENT.length, first: { source: providerOf(first), rate }, stallMs });
  }

  #open(name: string, { start, end }: { start: number; end: number }, signal: AbortSignal): BlobReader {
    this.asked.push({ name, start, end });
    this.open++;
    let position = start;
    const closed = () => this.open--;
    const { delayMs = 2, breaksAfter = Infinity, silent = false } = this.#scripts[name] ?? {};
    return new ReadableStream({
      type: "bytes",
      pull: async (controller) => {
        const view = controller.byobRequest?.view;
        if (!view) return;
        await sleep(delayMs, signal);
        const given = this.#given.get(name) ?? 0;
        const count = Math.min(view.byteLength, 256 * KIB, end + 1 - position, breaksAfter - given);
        if (count === 0 && silent) await sleep(1_000_000, signal);
        if (count === 0 && position <= end) {
          closed();
          throw new TypeError("The connection was reset");
        }
        new Uint8Array(view.buffer, view.byteOffset, count).set(CONTENT.subarray(position, position + count));
        position += count;
        this.#given.set(name, given + count);
        if (count === 0) controller.close();
        controller.byobRequest?.respond(count);
      },
      cancel: () => void closed(),
    }, { highWaterMark: 0 }).getReader({ mode: "byob" });
  }
}

function providerOf(id: string): Provider {
  return { id, hosts: [`${id}:1`] };
}

async function readAll(reader: BlobReader, bufferBytes = 100_000): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(bufferBytes));
    if (done) return await new Blob(parts).bytes();
    parts.push(value);
  }
}

Deno.test("combinedReader() brings every byte in order from several sources", async () => {
  const stage = new Stage({ a: {}, b: { delayMs: 1 }, c: { delayMs: 3 } });
  assert.equal(await digestOf(await readAll(stage.reader({ start: 12_345 }))), await digestOf(CONTENT.slice(12_345)));
  assert(new Set(stage.asked.map(({ name }) => name)).size >= 2);
  await sleep(1);
  assert.equal(stage.open, 0);
});

Deno.test("combinedReader() brings every byte from the only source there is", async () => {
  const stage = new Stage({ a: { delayMs: 0 } });
  assert.deepEqual(await readAll(stage.reader()), CONTENT);
});

Deno.test("combinedReader() goes on at the same byte of a piece when its source breaks", async () => {
  const stage = new Stage({ a: { breaksAfter: 3 * MIB + 1_000 }, b: {}, c: { breaksAfter: 100 } });
  assert.deepEqual(await readAll(stage.reader()), CONTENT);
  assert(stage.asked.some(({ start }) => start % (2 * MIB) === MIB + 1_000 || start % MIB !== 0));
});

Deno.test("combinedReader() fails after all that came in order when every source breaks", async () => {
  const stage = new Stage({ a: { breaksAfter: 3 * MIB }, b: { breaksAfter: 2 * MIB } });
  const reader = stage.reader();
  let received = 0;
  await assert.rejects(async () => {
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(65_536));
      if (done) return;
      assert.deepEqual(value, CONTENT.slice(received, received + value.length));
      received += value.length;
    }
  }, /reset/);
  assert(received >= 2 * MIB && received <= 5 * MIB, `${received}`);
  await sleep(1);
  assert.equal(stage.open, 0);
});

Deno.test("combinedReader() does not wait for a source that is far slower than another one", async () => {
  const stage = new Stage({ slow: { delayMs: 60_000 }, fast: { delayMs: 1 } });
  assert.deepEqual(await readAll(stage.reader()), CONTENT);
  await sleep(1);
  assert.equal(stage.open, 0);
});

Deno.test("combinedReader() gives up a source that stalls", async () => {
  const stage = new Stage({ silent: { breaksAfter: 1_000, silent: true } });
  await assert.rejects(readAll(stage.reader({ stallMs: 300 })), /no byte for 300 ms/);
});

Deno.test("combinedReader() asks for no more than its window while nobody reads", async () => {
  const stage = new Stage({ a: { delayMs: 0 }, b: { delayMs: 0 } });
  const reader = stage.reader();
  await reader.read(new Uint8Array(1));
  await sleep(700);
  assert(stage.asked.length <= 4, `${stage.asked.length} pieces`);
  assert.equal((await readAll(reader)).length, CONTENT.length - 1);
});

Deno.test("combinedReader() lets everything go when it is cancelled", async () => {
  const stage = new Stage({ a: {}, b: {}, c: {} });
  const reader = stage.reader();
  await reader.read(new Uint8Array(1));
  await reader.cancel();
  await sleep(20);
  assert.equal(stage.open, 0);
  const asked = stage.asked.length;
  await sleep(100);
  assert.equal(stage.asked.length, asked);
});
