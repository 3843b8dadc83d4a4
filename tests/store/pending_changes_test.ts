import assert from "@std/assert";
import { digestOf } from "../../src/oci/digest.ts";
import { PendingChanges } from "../../src/store/pending_changes.ts";
import { uniqueBytes } from "./store_fixture.ts";

const SIGNAL = new AbortController().signal;

Deno.test("PendingChanges.take() gives what was marked, each once, and then waits for more", async () => {
  const pending = new PendingChanges({ coalesceMs: 1 });
  const [one, two] = [await digestOf(uniqueBytes(9)), await digestOf(uniqueBytes(9))];
  for (const digest of [one, two, one]) pending.markBlob(digest);
  pending.markImages();
  assert.deepEqual(await pending.take({ signal: SIGNAL }), { all: false, images: true, blobs: new Set([one, two]) });
  const next = pending.take({ signal: SIGNAL });
  setTimeout(() => pending.markAll(), 5);
  assert.deepEqual(await next, { all: true, images: false, blobs: new Set() });
});

Deno.test("PendingChanges.take() takes a burst for everything", async () => {
  const pending = new PendingChanges({ coalesceMs: 1, maxBlobs: 3 });
  for (let index = 0; index < 10; index++) pending.markBlob(await digestOf(uniqueBytes(9)));
  const { all, blobs } = await pending.take({ signal: SIGNAL });
  assert.ok(all);
  assert.equal(blobs.size, 3);
});

Deno.test("PendingChanges.take() waits for what comes close behind", async () => {
  const pending = new PendingChanges({ coalesceMs: 20 });
  const taken = pending.take({ signal: SIGNAL });
  pending.markImages();
  setTimeout(() => pending.markAll(), 1);
  assert.deepEqual(await taken, { all: true, images: true, blobs: new Set() });
});

Deno.test("PendingChanges.take() asks for everything from time to time, whether or not something is marked", async () => {
  const pending = new PendingChanges({ coalesceMs: 1, allEveryMs: 20 });
  assert.deepEqual(await pending.take({ signal: SIGNAL }), { all: true, images: false, blobs: new Set() });
  const alls: boolean[] = [];
  while (!alls.includes(true)) {
    pending.markImages();
    alls.push((await pending.take({ signal: SIGNAL })).all);
  }
  assert.ok(alls.length > 1);
});

Deno.test("PendingChanges.take() throws the reason of its signal", async () => {
  const pending = new PendingChanges();
  await assert.rejects(pending.take({ signal: AbortSignal.abort(new Error("enough")) }), /enough/);
  const abort = new AbortController();
  const taken = pending.take({ signal: abort.signal });
  abort.abort(new Error("enough"));
  await assert.rejects(taken, /enough/);
});
