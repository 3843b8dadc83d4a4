import assert from "@std/assert";
import fc from "fast-check";
import { isDigest } from "../../../src/oci/digest.ts";
import { parseLayoutIndex } from "../../../src/store/oci_layout/layout_index.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

Deno.test("parseLayoutIndex() reads entries by either annotation", () => {
  const entries = [
    { "io.containerd.image.name": "registry.test/app:v1", "org.opencontainers.image.ref.name": "v1" },
    { "org.opencontainers.image.ref.name": "registry.test/app:v2" },
    { "other": "registry.test/app:v3" },
    undefined,
  ];
  const manifests = entries.map((annotations) => ({ digest: DIGEST, size: 2, annotations }));
  assert.deepEqual(parseLayoutIndex(JSON.stringify({ schemaVersion: 2, manifests })), [
    { name: "registry.test/app:v1", digest: DIGEST },
    { name: "registry.test/app:v2", digest: DIGEST },
  ]);
});

Deno.test("parseLayoutIndex() throws SyntaxError for what is no index", () => {
  for (const text of ["", "{", "null", "[]", "{}", '{"manifests":{}}', '"manifests"']) {
    assert.throws(() => parseLayoutIndex(text), SyntaxError, text);
  }
});

Deno.test("parseLayoutIndex() passes over malformed entries, whatever they are", () => {
  const annotations = fc.oneof(
    fc.jsonValue(),
    fc.record({ "io.containerd.image.name": fc.oneof(fc.string(), fc.jsonValue()) }),
  );
  const entry = fc.oneof(
    fc.jsonValue(),
    fc.record({ digest: fc.oneof(fc.constant(DIGEST), fc.jsonValue()), annotations }, { requiredKeys: [] }),
  );
  fc.assert(fc.property(fc.array(entry), (manifests) => {
    for (const { name, digest } of parseLayoutIndex(JSON.stringify({ manifests }))) {
      assert.equal(typeof name, "string");
      assert.ok(isDigest(digest));
    }
  }));
});
