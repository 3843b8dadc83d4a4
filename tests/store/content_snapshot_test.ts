import assert from "@std/assert";
import fc from "fast-check";
import type { Digest } from "../../src/oci/digest.ts";
import type { Repository, TagName } from "../../src/oci/reference.ts";
import { type BlobState, type ContentSnapshot, differences } from "../../src/store/content_snapshot.ts";

const digest: fc.Arbitrary<Digest> = fc.integer({ min: 0, max: 5 }).map((digit): Digest =>
  `sha256:${`${digit}`.repeat(64)}`
);
const source: fc.Arbitrary<Repository> = fc.record({
  registry: fc.constantFrom("a.test", "b.test"),
  repository: fc.constantFrom("one", "two"),
}, { noNullPrototype: true });
const blob: fc.Arbitrary<BlobState> = fc.record({
  mediaType: fc.constantFrom("x", "y"),
  sources: fc.array(source, { maxLength: 2 }),
}, { noNullPrototype: true });
const snapshot: fc.Arbitrary<ContentSnapshot> = fc.record({
  blobs: fc.array(fc.tuple(digest, blob)).map((entries) => new Map(entries)),
  tags: fc.array(fc.tuple(fc.constantFrom("a.test/one:v1", "a.test/one:v2"), digest)).map((entries) =>
    new Map(entries)
  ),
});

Deno.test("differences() lead from any snapshot to any other, and say nothing twice", () => {
  fc.assert(fc.property(snapshot, snapshot, (before, after) => {
    const blobs = new Map<Digest, BlobState>(before.blobs);
    const tags = new Map<TagName, Digest>(before.tags);
    const events = [...differences(before, after)];
    for (const event of events) {
      if (event.type === "blob") blobs.set(event.digest, { mediaType: event.mediaType, sources: event.sources });
      else if (event.type === "blob-gone") blobs.delete(event.digest);
      else if (event.type === "tag") tags.set(event.tag, event.digest);
      else if (event.type === "tag-gone") tags.delete(event.tag);
    }
    assert.deepEqual({ blobs, tags }, { blobs: new Map(after.blobs), tags: new Map(after.tags) });
    assert.deepEqual([...differences(after, { blobs, tags })], []);
    assert.ok(events.length <= before.blobs.size + before.tags.size + after.blobs.size + after.tags.size);
  }));
});
