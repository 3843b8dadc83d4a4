import assert from "@std/assert";
import fc from "fast-check";
import { EVERY_REGISTRY, onlyRegistries, parseMirroredRegistries } from "../../src/oci/mirrored_registries.ts";
import { formatRegistryUrl, parseRegistryUrl } from "../../src/oci/registry_url.ts";
import { anyRegistry } from "./arbitraries.ts";

Deno.test("parseMirroredRegistries() reads URLs and asks Docker Hub where it answers", () => {
  assert.deepEqual(parseMirroredRegistries(["https://docker.io", "http://foo.bar:5000", "HTTPS://[::1]:5000"]), [
    { registry: "docker.io", scheme: "https", server: "https://registry-1.docker.io" },
    { registry: "foo.bar:5000", scheme: "http", server: "http://foo.bar:5000" },
    { registry: "[::1]:5000", scheme: "https", server: "https://[::1]:5000" },
  ]);
  assert.deepEqual(parseMirroredRegistries(["http://docker.io"]).map(({ server }) => server), ["http://docker.io"]);
});

for (const texts of [[], [""], [" ", ""], ["_default"], ["*"], ["*", "_default"]]) {
  Deno.test(`parseMirroredRegistries() reads ${JSON.stringify(texts)} as every registry`, () => {
    assert.deepEqual(parseMirroredRegistries(texts), [{ registry: EVERY_REGISTRY }]);
  });
}

Deno.test("parseMirroredRegistries() keeps every registry beside others, and each one once", () => {
  const registries = parseMirroredRegistries(["https://ghcr.io", "_default", "https://ghcr.io"]);
  assert.deepEqual(registries.map(({ registry }) => registry), ["ghcr.io", "_default"]);
});

Deno.test("onlyRegistries() is without limit when every registry is mirrored", () => {
  assert.deepEqual(onlyRegistries(parseMirroredRegistries(["https://ghcr.io", "http://a:1"])), ["ghcr.io", "a:1"]);
  assert.deepEqual(onlyRegistries(parseMirroredRegistries(["https://ghcr.io", "*"])), []);
  assert.deepEqual(onlyRegistries(parseMirroredRegistries([])), []);
});

const MALFORMED = [
  "docker.io",
  "ftp://docker.io",
  "https://",
  "https://docker.io/",
  "https://docker.io/library",
  "https://docker.io?a=b",
  "https://docker.io#a",
  "https://user@docker.io",
  "https://docker.io:99999",
  "https://a'b",
  "https://..",
  "https://a\nb",
  "//docker.io",
];
for (const text of MALFORMED) {
  Deno.test(`parseMirroredRegistries() throws SyntaxError on ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseMirroredRegistries(["https://ghcr.io", text]), {
      name: "SyntaxError",
      message: /^Cannot use ".*": expected http/s,
    });
  });
}

Deno.test("parseMirroredRegistries() throws SyntaxError on a registry of two schemes", () => {
  assert.throws(() => parseMirroredRegistries(["https://ghcr.io", "http://ghcr.io"]), SyntaxError);
});

Deno.test("parseRegistryUrl() reads what formatRegistryUrl() writes", () => {
  fc.assert(fc.property(anyRegistry, fc.constantFrom("http", "https"), (host, scheme) => {
    const url = { scheme, host } as const;
    assert.deepEqual(parseRegistryUrl(formatRegistryUrl(url)), url);
  }));
});

Deno.test("parseRegistryUrl() puts brackets around an IPv6 address with a port", () => {
  assert.equal(
    formatRegistryUrl(parseRegistryUrl("http://fc00:f853:ccd:e793::2:30020")),
    "http://[fc00:f853:ccd:e793::2]:30020",
  );
});
