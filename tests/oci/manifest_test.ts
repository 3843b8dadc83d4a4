import assert from "@std/assert";
import fc from "fast-check";
import { MANIFEST_MAX_BYTES } from "../../src/core/limits.ts";
import { type Descriptor, manifestChildren } from "../../src/oci/manifest.ts";
import { anyDigest } from "./arbitraries.ts";

const CONFIG: Descriptor = { digest: `sha256:${"c".repeat(64)}`, size: 10, mediaType: "application/json" };
const LAYER: Descriptor = { digest: `sha512:${"1".repeat(128)}`, size: 0, mediaType: "application/x-tar" };

function childrenOf(json: unknown): Descriptor[] {
  return manifestChildren(new TextEncoder().encode(typeof json === "string" ? json : JSON.stringify(json)));
}

Deno.test("manifestChildren() lists the config and the layers of a manifest", () => {
  assert.deepEqual(childrenOf({ schemaVersion: 2, config: CONFIG, layers: [LAYER, LAYER] }), [CONFIG, LAYER, LAYER]);
});

Deno.test("manifestChildren() lists the manifests of an index", () => {
  assert.deepEqual(childrenOf({ schemaVersion: 2, manifests: [CONFIG] }), [CONFIG]);
});

Deno.test("manifestChildren() keeps of a descriptor only what it declares", () => {
  const child = { ...LAYER, annotations: { a: "b" }, data: "eA==", urls: ["http://a"] };
  assert.deepEqual(childrenOf({ layers: [child] }), [LAYER]);
});

const MALFORMED: Record<string, unknown> = {
  "null": null,
  "text": "x",
  "an array": [],
  "no digest": { ...LAYER, digest: undefined },
  "a digest that is none": { ...LAYER, digest: "sha256:1" },
  "a digest that is an object": { ...LAYER, digest: { toString: "x" } },
  "a size that is text": { ...LAYER, size: "5" },
  "a negative size": { ...LAYER, size: -1 },
  "a fraction": { ...LAYER, size: 1.5 },
  "no type": { ...LAYER, mediaType: undefined },
  "a type of any length": { ...LAYER, mediaType: "x".repeat(100_000) },
};

for (const [what, child] of Object.entries(MALFORMED)) {
  Deno.test(`manifestChildren() leaves a child out that is or has ${what}`, () => {
    assert.deepEqual(childrenOf({ config: child, layers: [child, LAYER] }), [LAYER]);
  });
}

Deno.test("manifestChildren() leaves sizes out that no number holds exactly", () => {
  const layer = JSON.stringify(LAYER);
  for (const size of ["9007199254740993", "1e400", "99999999999999999999999"]) {
    assert.deepEqual(childrenOf(`{"layers":[${layer.replace(`"size":0`, `"size":${size}`)}]}`), []);
  }
});

Deno.test("manifestChildren() takes the last of a key that is there twice, as every JSON reader here does", () => {
  assert.deepEqual(childrenOf(`{"layers":[${JSON.stringify(LAYER)}],"layers":[]}`), []);
});

const NO_MANIFESTS: Record<string, string> = {
  "nothing": "",
  "null": "null",
  "a number": "1e999",
  "an array": `[{"layers":[]}]`,
  "text": `"layers"`,
  "broken JSON": `{"layers":[`,
  "deep nesting": "[".repeat(2_000_000),
  "deep nesting that ends": `{"layers":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
  "a prototype": `{"__proto__":{"layers":[${JSON.stringify(LAYER)}]}}`,
};

for (const [what, text] of Object.entries(NO_MANIFESTS)) {
  Deno.test(`manifestChildren() is empty for ${what}`, () => assert.deepEqual(childrenOf(text), []));
}

Deno.test("manifestChildren() is empty for more bytes than a manifest may have", () => {
  const json = JSON.stringify({ layers: [LAYER] });
  assert.deepEqual(childrenOf(json + " ".repeat(MANIFEST_MAX_BYTES - json.length)), [LAYER]);
  assert.deepEqual(childrenOf(json + " ".repeat(MANIFEST_MAX_BYTES - json.length + 1)), []);
});

Deno.test("manifestChildren() has a bound on the number of children", () => {
  const { digest, size } = LAYER;
  const layers = Array.from({ length: 20_000 }, () => ({ digest, size, mediaType: "a" }));
  assert.equal(childrenOf({ layers }).length, 10_000);
});

Deno.test("manifestChildren() never throws, and returns only whole descriptors", () => {
  const child = fc.oneof(
    fc.jsonValue(),
    fc.record({ digest: anyDigest, size: fc.jsonValue(), mediaType: fc.string() }),
  );
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.json().map((json) => new TextEncoder().encode(json)),
    fc.record({ manifests: fc.oneof(fc.jsonValue(), fc.array(child)), config: child, layers: fc.array(child) })
      .map((json) => new TextEncoder().encode(JSON.stringify(json))),
  );
  fc.assert(
    fc.property(bytes, (bytes) => {
      for (const { digest, size, mediaType, ...rest } of manifestChildren(bytes)) {
        assert.match(digest, /^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$/);
        assert(Number.isSafeInteger(size) && size >= 0);
        assert.equal(typeof mediaType, "string");
        assert.deepEqual(rest, {});
      }
    }),
    { numRuns: 1_000 },
  );
});
