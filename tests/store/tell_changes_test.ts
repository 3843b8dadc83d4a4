import assert from "@std/assert";
import { digestOf } from "../../src/oci/digest.ts";
import { MEDIA_TYPE } from "../../src/oci/media_type.ts";
import { type ContentSnapshot, EMPTY_SNAPSHOT } from "../../src/store/content_snapshot.ts";
import { PendingChanges } from "../../src/store/pending_changes.ts";
import { tellChanges } from "../../src/store/tell_changes.ts";

Deno.test("tellChanges() looks at everything again after a look that failed, and tells only what changed", async () => {
  const digest = await digestOf(new Uint8Array(1));
  const blob = { mediaType: MEDIA_TYPE.octetStream, sources: [] };
  const full: ContentSnapshot = { blobs: new Map([[digest, blob]]), tags: new Map() };
  const pending = new PendingChanges({ coalesceMs: 1 });
  const looks: (ContentSnapshot | Error)[] = [full, new Error("away"), new Error("away"), full, EMPTY_SNAPSHOT];
  const alls: boolean[] = [];
  const abort = new AbortController();
  pending.markImages();
  const look = ({ all }: { all: boolean }) =>
    Promise.try(() => {
      alls.push(all);
      const result = looks.shift();
      if (!result) abort.abort();
      else if (result instanceof Error) throw result;
      pending.markImages(); // there is always more to see
      return result ?? EMPTY_SNAPSHOT;
    });
  assert.deepEqual(await Array.fromAsync(tellChanges({ pending, look }, { signal: abort.signal })), [
    { type: "blob", digest, ...blob },
    { type: "synced" },
    { type: "blob-gone", digest },
  ]);
  assert.deepEqual(alls, [false, false, true, true, false, false]);
});
