import assert from "@std/assert";
import { sleep } from "../../src/core/deadline.ts";
import { relayBody, type RelaySource } from "../../src/transfer/relay_body.ts";
import { patternBytes } from "../registry/stored_image.ts";
import { readToFailure } from "./read_to_failure.ts";
import { scriptedReader } from "./scripted_reader.ts";

const CONTENT = patternBytes(100_000);

/** A source, and what it was told. */
function sourceOf(reopen: RelaySource["reopen"], rest: Partial<RelaySource> = {}) {
  const reopened: { received: number; reason: unknown }[] = [];
  const ends: boolean[] = [];
  const source: RelaySource = {
    length: CONTENT.length,
    reopen: (received, reason) => {
      reopened.push({ received, reason });
      return reopen(received, reason);
    },
    onBytes: () => {},
    onEnd: (complete) => ends.push(complete),
    ...rest,
  };
  return { source, reopened, ends };
}

Deno.test("relayBody() opens its first source when the first byte is wanted", async () => {
  const { source, reopened, ends } = sourceOf((received) => Promise.resolve(scriptedReader(CONTENT.slice(received))));
  const body = relayBody(source);
  await sleep(1);
  assert.deepEqual(reopened, []);
  assert.deepEqual((await readToFailure(body)).bytes, CONTENT);
  assert.deepEqual(reopened, [{ received: 0, reason: undefined }]);
  assert.deepEqual(ends, [true]);
});

Deno.test("relayBody() waits for ever for a source that somebody else judges", async () => {
  const { source, reopened, ends } = sourceOf(() => Promise.reject(new Error("given up")), {
    reader: scriptedReader(CONTENT, { failAfter: 50_000, how: "hang" }),
  });
  const patient = relayBody(source, { stallMs: Infinity }).getReader();
  assert.equal((await patient.read()).value?.length, 50_000);
  const waiting = patient.read();
  const late = sleep(200).then(() => "late");
  assert.equal(await Promise.race([waiting, late]), "late");
  assert.deepEqual([reopened, ends], [[], []]);
  await patient.cancel();
  assert.deepEqual(ends, [false]);
  assert.equal((await waiting).done, true);
});

Deno.test("relayBody() ends early and in order when its first source cannot be opened", async () => {
  const { source, ends } = sourceOf(() => Promise.reject(new Error("nobody")));
  const { bytes, reason } = await readToFailure(relayBody(source));
  assert.deepEqual([bytes.length, (reason as Error).message, ends], [0, "nobody", [false]]);
});

Deno.test("relayBody() lets go of a source that was opened after its consumer had gone", async () => {
  const { promise, resolve } = Promise.withResolvers<ReadableStreamBYOBReader>();
  const { source, ends } = sourceOf(() => promise);
  const reader = relayBody(source).getReader();
  const reading = reader.read();
  await sleep(1);
  await reader.cancel();
  await reading;
  let cancelled = false;
  const late = new ReadableStream({ type: "bytes", cancel: () => void (cancelled = true) });
  resolve(late.getReader({ mode: "byob" }));
  await sleep(1);
  assert.deepEqual([cancelled, ends], [true, [false]]);
});
