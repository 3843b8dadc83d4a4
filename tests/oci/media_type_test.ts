import assert from "@std/assert";
import fc from "fast-check";
import { isManifestMediaType, MANIFEST_MEDIA_TYPES, MEDIA_TYPE, sniffMediaType } from "../../src/oci/media_type.ts";

const { ociManifest, ociIndex, dockerManifest, dockerManifestList, octetStream } = MEDIA_TYPE;

const SNIFFED: [what: string, json: string, mediaType: string][] = [
  [
    "an OCI manifest",
    JSON.stringify({ schemaVersion: 2, mediaType: ociManifest, config: {}, layers: [] }),
    ociManifest,
  ],
  ["an OCI manifest without its type", JSON.stringify({ schemaVersion: 2, config: {}, layers: [] }), ociManifest],
  ["an OCI index", JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: [] }), ociIndex],
  ["an OCI index without its type", JSON.stringify({ schemaVersion: 2, manifests: [] }), ociIndex],
  ["a Docker manifest", JSON.stringify({ schemaVersion: 2, mediaType: dockerManifest }), dockerManifest],
  ["a Docker list", JSON.stringify({ schemaVersion: 2, mediaType: dockerManifestList }), dockerManifestList],
  ["a manifest after white space", `\r\n\t {"schemaVersion":2,"manifests":[]}`, ociIndex],
  ["a manifest with a key twice", `{"schemaVersion":1,"schemaVersion":2,"manifests":[]}`, ociIndex],
  ["an image configuration", JSON.stringify({ architecture: "amd64", config: {}, rootfs: {} }), octetStream],
  ["schema 1", JSON.stringify({ schemaVersion: 1, fsLayers: [] }), octetStream],
  ["a schema version that is text", JSON.stringify({ schemaVersion: "2", manifests: [] }), octetStream],
  ["an unknown type and no lists", JSON.stringify({ schemaVersion: 2, mediaType: "text/plain" }), octetStream],
  ["a type that is no text", JSON.stringify({ schemaVersion: 2, mediaType: [ociIndex] }), octetStream],
  ["layers without a config", JSON.stringify({ schemaVersion: 2, layers: [] }), octetStream],
  ["a config that is null", JSON.stringify({ schemaVersion: 2, config: null, layers: [] }), octetStream],
  ["lists that are none", JSON.stringify({ schemaVersion: 2, manifests: {}, layers: {}, config: {} }), octetStream],
  ["an array", "[]", octetStream],
  ["null", "null", octetStream],
  ["nothing", "", octetStream],
  ["white space", " \n", octetStream],
  ["broken JSON", `{"schemaVersion":2,"manifests":[`, octetStream],
  ["text after the JSON", `{"schemaVersion":2,"manifests":[]}x`, octetStream],
  ["deep nesting", `{"schemaVersion":2,"manifests":${"[".repeat(1_000_000)}`, octetStream],
];

for (const [what, json, mediaType] of SNIFFED) {
  Deno.test(`sniffMediaType() says ${mediaType} of ${what}`, () => {
    assert.equal(sniffMediaType(new TextEncoder().encode(json)), mediaType);
  });
}

Deno.test("sniffMediaType() says octet-stream of bytes that are not UTF-8", () => {
  const json = new TextEncoder().encode(`{"schemaVersion":2,"manifests":[],"x":"?"}`);
  json[json.indexOf(0x3f)] = 0xff;
  assert.equal(sniffMediaType(json), octetStream);
  const utf16 = new Uint8Array(new Uint16Array([..."{}"].map((letter) => letter.charCodeAt(0))).buffer);
  assert.equal(sniffMediaType(utf16), octetStream);
});

Deno.test("sniffMediaType() never throws, and says one of the known types", () => {
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.json().map((json) => new TextEncoder().encode(json)),
    fc.record({ schemaVersion: fc.constantFrom(2, 1), manifests: fc.jsonValue(), layers: fc.jsonValue() })
      .map((json) => new TextEncoder().encode(JSON.stringify(json))),
  );
  fc.assert(fc.property(bytes, (bytes) => {
    assert([...MANIFEST_MEDIA_TYPES, octetStream].includes(sniffMediaType(bytes)));
  }));
});

Deno.test("isManifestMediaType() is true for manifests and indexes only", () => {
  assert.deepEqual(Object.values(MEDIA_TYPE).filter(isManifestMediaType), [
    ociManifest,
    ociIndex,
    dockerManifest,
    dockerManifestList,
  ]);
  assert.equal(isManifestMediaType(""), false);
});
