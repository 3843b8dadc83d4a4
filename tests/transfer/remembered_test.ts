import assert from "@std/assert";
import type { Digest } from "../../src/oci/digest.ts";
import { DescriptorCache } from "../../src/transfer/descriptor_cache.ts";
import { ExhaustedContent } from "../../src/transfer/exhausted.ts";
import { clockAhead } from "../support/clock_ahead.ts";

const MANIFEST: Digest = `sha256:${"a".repeat(64)}`;
const LAYER: Digest = `sha256:${"b".repeat(64)}`;

Deno.test("DescriptorCache knows the sizes that manifests told, and which manifests it read", () => {
  const cache = new DescriptorCache();
  assert.deepEqual([cache.knows(MANIFEST), cache.size(LAYER)], [false, undefined]);
  const json = { config: null, layers: [{ digest: LAYER, size: 5, mediaType: "a" }, { digest: "x", size: 6 }] };
  cache.learn(MANIFEST, new TextEncoder().encode(JSON.stringify(json)));
  assert.deepEqual([cache.knows(MANIFEST), cache.size(LAYER)], [true, 5]);
});

Deno.test("DescriptorCache learns nothing from what is no manifest, and reads it once", () => {
  const cache = new DescriptorCache();
  cache.learn(MANIFEST, new Uint8Array([0xff, 0x00]));
  assert.deepEqual([cache.knows(MANIFEST), cache.size(LAYER)], [true, undefined]);
});

Deno.test("ExhaustedContent forgets after ten seconds, so that the content is tried again", () => {
  const exhausted = new ExhaustedContent();
  exhausted.add(LAYER);
  assert.deepEqual([exhausted.has(LAYER), exhausted.has(MANIFEST)], [true, false]);
  {
    using _clock = clockAhead(9_000);
    assert.equal(exhausted.has(LAYER), true);
  }
  using _clock = clockAhead(11_000);
  assert.equal(exhausted.has(LAYER), false);
});

Deno.test("ExhaustedContent leaves content whose bytes were wrong to upstream for ten minutes", () => {
  const exhausted = new ExhaustedContent();
  exhausted.addWrong(LAYER);
  {
    using _clock = clockAhead(9 * 60_000);
    assert.deepEqual([exhausted.has(LAYER), exhausted.has(MANIFEST)], [true, false]);
  }
  using _clock = clockAhead(11 * 60_000);
  assert.equal(exhausted.has(LAYER), false);
});
