import assert from "@std/assert";
import fc from "fast-check";
import { Metrics } from "../../src/metrics/metrics.ts";
import { type Digest, type DigestAlgorithm, digestOf } from "../../src/oci/digest.ts";
import { ContentNotFoundError } from "../../src/store/content_store.ts";
import type { IngestReader } from "../../src/store/ingest.ts";
import { streamBytes } from "../../src/store/memory_stream.ts";
import { BlobVerifier } from "../../src/transfer/blob_verifier.ts";
import { WrongBytesError } from "../../src/transfer/body_check.ts";
import { ExhaustedContent } from "../../src/transfer/exhausted.ts";
import { PeerReputation } from "../../src/transfer/peer_reputation.ts";
import { verifiedBody } from "../../src/transfer/verified_body.ts";
import { patternBytes } from "../registry/stored_image.ts";
import { objectPath } from "./object_path.ts";
import { readToFailure } from "./read_to_failure.ts";
import { scriptedReader, type ScriptedReaderOptions } from "./scripted_reader.ts";

const HELD = 65_536;

/** A blob, and all that checks it. */
class Fixture {
  readonly metrics = new Metrics();
  readonly exhausted = new ExhaustedContent();
  readonly reputation = new PeerReputation();
  readonly mismatches: { digest: Digest; sources: readonly string[] }[] = [];
  readonly verifier: BlobVerifier;
  readonly content: Uint8Array<ArrayBuffer>;
  readonly digest: Digest;

  constructor(content: Uint8Array<ArrayBuffer>, digest: Digest, ingests?: IngestReader) {
    this.content = content;
    this.digest = digest;
    this.verifier = new BlobVerifier({ ...this, ingests }, {
      onMismatch: (digest, sources) => this.mismatches.push({ digest, sources }),
    });
  }

  static async of(size: number, options: { algorithm?: DigestAlgorithm; ingests?: IngestReader } = {}) {
    const content = patternBytes(size);
    return new Fixture(content, await digestOf(content, options.algorithm), options.ingests);
  }

  /** A body whose sources go wrong one after the other, as scripted; the last one does not. */
  body(options: { start?: number; name?: string; wrongAt?: number; scripts?: ScriptedReaderOptions[] } = {}) {
    const { start = 0, name = "peer", wrongAt, scripts = [{}] } = options;
    const content = this.content.slice();
    if (wrongAt !== undefined) content[wrongAt] = (content[wrongAt] ?? 0) ^ 0x80;
    const opened: string[] = [];
    const left = [...scripts];
    return verifiedBody(this.verifier, {
      digest: this.digest,
      start,
      total: content.length,
      reopen: (offset) => {
        const script = left.shift();
        if (!script) return Promise.reject(new Error("Nobody is left"));
        opened.push(`${name}-${opened.length}`);
        return Promise.resolve(scriptedReader(content.slice(offset), script));
      },
      sources: () => opened,
      onBytes: () => {},
      onEnd: () => {},
    });
  }

  async count(name: "wrongBodies" | "unverifiedBodies"): Promise<number> {
    return (await this.metrics[name].get()).values[0]?.value ?? 0;
  }
}

/** A download in progress of which so much is stored. */
function ingestOf(content: Uint8Array<ArrayBuffer>, offset: number): IngestReader {
  return {
    ingest: () => Promise.resolve({ offset, total: content.length }),
    tail: (digest) =>
      offset === 0
        ? Promise.reject(new ContentNotFoundError(digest))
        : Promise.resolve({ total: content.length, body: streamBytes(content.slice(0, offset)) }),
  };
}

const chunkBytes = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 4 });

Deno.test("a verified body brings every byte, wherever its sources fail", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 200_000 }),
      chunkBytes,
      fc.array(fc.nat(60_000)),
      async (size, ...rest) => {
        const [sizes, failures] = rest;
        const fixture = await Fixture.of(size);
        const scripts = failures.slice(0, 5).map((failAfter, index) => ({
          chunkBytes: sizes,
          failAfter,
          how: index % 2 === 0 ? "fail" as const : "end" as const,
        }));
        const { bytes, reason } = await readToFailure(fixture.body({ scripts: [...scripts, { chunkBytes: sizes }] }));
        assert.equal(reason, undefined);
        assert.deepEqual(bytes, fixture.content);
        assert.deepEqual(fixture.mismatches, []);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("a verified body with one wrong byte ends before its last 64 KiB", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 200_000 }), fc.nat(), chunkBytes, async (size, at, sizes) => {
      const fixture = await Fixture.of(size);
      const body = fixture.body({ wrongAt: at % size, scripts: [{ chunkBytes: sizes }] });
      const { bytes, reason } = await readToFailure(body);
      assert(reason instanceof WrongBytesError);
      assert.equal(bytes.length, Math.max(0, size - HELD));
      assert.deepEqual(fixture.mismatches, [{ digest: fixture.digest, sources: ["peer-0"] }]);
    }),
    { numRuns: 60 },
  );
});

Deno.test("a wrong body is counted, its digest is left to upstream, and every source of it is suspect", async () => {
  const fixture = await Fixture.of(300_000);
  const body = fixture.body({ wrongAt: 5, scripts: [{ failAfter: 100_000 }, {}] });
  assert((await readToFailure(body)).reason instanceof WrongBytesError);
  assert.equal(await fixture.count("wrongBodies"), 1);
  assert(fixture.exhausted.has(fixture.digest));
  for (const peer of ["peer-0", "peer-1"]) {
    assert(!fixture.reputation.worthAsking(peer, objectPath(fixture.digest)));
    assert(fixture.reputation.worthAsking(peer, objectPath("another key")));
  }
  assert(fixture.reputation.worthAsking("peer-2", objectPath(fixture.digest)));
});

Deno.test("a verified body knows sha512", async () => {
  const fixture = await Fixture.of(100_000, { algorithm: "sha512" });
  assert.deepEqual((await readToFailure(fixture.body())).bytes, fixture.content);
  assert((await readToFailure(fixture.body({ wrongAt: 0 }))).reason instanceof WrongBytesError);
});

for (const stop of [1, 100_000, 200_000 - HELD, 199_999]) {
  Deno.test(`the rest of a body that ended at ${stop} of 200000 is checked with its beginning`, async () => {
    const fixture = await Fixture.of(200_000);
    const first = await readToFailure(fixture.body({ scripts: [{ failAfter: stop }] }));
    const start = Math.min(stop, 200_000 - HELD);
    assert.equal(first.bytes.length, start);
    const good = await readToFailure(fixture.body({ start }));
    assert.deepEqual(good.bytes, fixture.content.slice(start));
    const bad = await readToFailure(fixture.body({ start, wrongAt: start }));
    assert(bad.reason instanceof WrongBytesError, "the same rest may be asked for twice");
    assert.equal(await fixture.count("unverifiedBodies"), 0);
    assert.equal(fixture.verifier.unverified(fixture.digest), false);
  });
}

Deno.test("a wrong byte before a body ended is found in the rest, and the sources of both are suspect", async () => {
  const fixture = await Fixture.of(300_000);
  await readToFailure(fixture.body({ name: "liar", wrongAt: 7, scripts: [{ failAfter: 100_000 }] }));
  const { bytes, reason } = await readToFailure(fixture.body({ name: "honest", start: 100_000 }));
  assert(reason instanceof WrongBytesError);
  assert.equal(bytes.length, 200_000 - HELD);
  assert.deepEqual(fixture.mismatches[0]?.sources, ["liar-0", "honest-0"]);
});

Deno.test("a body from the middle whose beginning nobody knows is passed on and counts as unverified", async () => {
  const fixture = await Fixture.of(300_000);
  const { bytes, reason } = await readToFailure(fixture.body({ start: 100_000, wrongAt: 200_000 }));
  assert.equal(reason, undefined, "containerd checks it");
  assert.equal(bytes.length, 200_000);
  assert.equal(await fixture.count("unverifiedBodies"), 1);
  assert(fixture.verifier.unverified(fixture.digest));
  await readToFailure(fixture.body());
  assert(!fixture.verifier.unverified(fixture.digest), "all of it came anew");
});

Deno.test("a body from the middle is checked with what containerd has stored", async () => {
  const ingests = ingestOf(patternBytes(300_000), 120_000);
  const fixture = await Fixture.of(300_000, { ingests });
  assert.deepEqual((await readToFailure(fixture.body({ start: 120_000 }))).bytes, fixture.content.slice(120_000));
  const { reason } = await readToFailure(fixture.body({ start: 100_000, wrongAt: 200_000 }));
  assert(reason instanceof WrongBytesError);
  assert.equal(await fixture.count("unverifiedBodies"), 0);
});

for (const offset of [0, 99_999]) {
  Deno.test(`a body from byte 100000 of which containerd has stored ${offset} counts as unverified`, async () => {
    const fixture = await Fixture.of(300_000, { ingests: ingestOf(patternBytes(300_000), offset) });
    assert.equal((await readToFailure(fixture.body({ start: 100_000 }))).bytes.length, 200_000);
    assert(fixture.verifier.unverified(fixture.digest));
  });
}

Deno.test("a body whose download cannot be read counts as unverified", async () => {
  const ingests: IngestReader = {
    ingest: () => Promise.reject(new Error("containerd is away")),
    tail: () => Promise.reject(new Error("containerd is away")),
  };
  const fixture = await Fixture.of(300_000, { ingests });
  assert.equal((await readToFailure(fixture.body({ start: 1 }))).bytes.length, 299_999);
  assert(fixture.verifier.unverified(fixture.digest));
});

Deno.test("a verified body fits into buffers of any size", async () => {
  const fixture = await Fixture.of(200_000);
  const reader = fixture.body({ scripts: [{ chunkBytes: [200_000] }] }).getReader({ mode: "byob" });
  const seen: number[] = [];
  for (let size = 1;; size = size * 3 % 100_003) {
    const { done, value } = await reader.read(new Uint8Array(size));
    if (done) break;
    seen.push(...value);
  }
  assert.deepEqual(new Uint8Array(seen), fixture.content);
});
