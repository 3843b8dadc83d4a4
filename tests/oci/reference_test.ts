import assert from "@std/assert";
import fc from "fast-check";
import {
  isRegistry,
  isRepository,
  isTag,
  parseReference,
  type Reference,
  sameRegistry,
  sameRepository,
  tagName,
} from "../../src/oci/reference.ts";
import { anyDigest, anyRegistry, anyRepository, anyTag } from "./arbitraries.ts";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

const READS: Record<string, Reference> = {
  "docker.io/library/alpine:3.20": { registry: "docker.io", repository: "library/alpine", tag: "3.20" },
  "localhost/a:b": { registry: "localhost", repository: "a", tag: "b" },
  "127.0.0.1:5000/a/b/c:d": { registry: "127.0.0.1:5000", repository: "a/b/c", tag: "d" },
  "[::1]:5000/a:b": { registry: "[::1]:5000", repository: "a", tag: "b" },
  [`ghcr.io/a@${DIGEST}`]: { registry: "ghcr.io", repository: "a", digest: `sha256:${DIGEST.slice(7)}` },
  [`ghcr.io/a:t@${DIGEST}`]: { registry: "ghcr.io", repository: "a", tag: "t", digest: `sha256:${DIGEST.slice(7)}` },
};

for (const [name, reference] of Object.entries(READS)) {
  Deno.test(`parseReference() reads ${name.slice(0, 40)}`, () => {
    assert.deepEqual(parseReference(name), reference);
  });
}

const MALFORMED: Record<string, string> = {
  "nothing": "",
  "no registry": "library/alpine:3.20",
  "a bare name": "alpine",
  "the digest of a configuration alone": DIGEST,
  "neither tag nor digest": "docker.io/library/alpine",
  "an empty tag": "docker.io/library/alpine:",
  "an upper-case repository": "docker.io/Library/alpine:1",
  "an empty path part": "docker.io//alpine:1",
  "a dot path part": "docker.io/../alpine:1",
  "a malformed digest": "docker.io/library/alpine@sha256:abc",
  "an unknown digest algorithm": "docker.io/library/alpine@md5:d41d8cd98f00b204e9800998ecf8427e",
  "two tags": "docker.io/library/alpine:1:2",
  "two digests": `docker.io/library/alpine@${DIGEST}@${DIGEST}`,
  "a scheme": "https://docker.io/library/alpine:1",
  "a name that containerd's import makes up": "import-2026-01-01@sha256:abc",
  "a tag that is too long": `docker.io/a:${"t".repeat(129)}`,
  "a repository that is too long": `docker.io/${"a".repeat(256)}:t`,
};

for (const [what, name] of Object.entries(MALFORMED)) {
  Deno.test(`parseReference() throws SyntaxError on ${what}`, () => {
    assert.throws(() => parseReference(name), SyntaxError);
  });
}

Deno.test("parseReference() reads back what was put together", () => {
  const tag = fc.option(anyTag, { nil: undefined });
  const digest = fc.option(anyDigest, { nil: undefined });
  fc.assert(fc.property(anyRepository, tag, digest, (repository, tag, digest) => {
    fc.pre(tag !== undefined || digest !== undefined);
    const name = `${repository.registry}/${repository.repository}${tag ? `:${tag}` : ""}${digest ? `@${digest}` : ""}`;
    const parsed = parseReference(name);
    assert.deepEqual(parsed, { ...repository, ...(tag ? { tag } : {}), ...(digest ? { digest } : {}) });
    if (tag) assert.equal(tagName(parsed, tag), name.split("@")[0]);
  }));
});

Deno.test("parseReference() throws nothing but SyntaxError on any text, and returns only valid parts", () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-z.:/@[\]-]{0,40}$/), fc.webUrl());
  fc.assert(
    fc.property(text, (name) => {
      let parsed: Reference;
      try {
        parsed = parseReference(name);
      } catch (reason) {
        if (!(reason instanceof SyntaxError)) throw reason;
        return;
      }
      assert(isRegistry(parsed.registry) && isRepository(parsed.repository));
      assert(parsed.tag === undefined || isTag(parsed.tag));
    }),
    { numRuns: 1_000 },
  );
});

for (
  const text of [
    "",
    "-a",
    "a-",
    "a..b",
    ".a",
    "a:",
    "a:x",
    "a:123456",
    "a b",
    "a/b",
    "[::1",
    "[]",
    "[:]x",
    "::1",
    "ä.de",
  ]
) {
  Deno.test(`isRegistry() refuses "${text}"`, () => assert.equal(isRegistry(text), false));
}

for (const text of ["a", "a.b", "A.b", "a-b.c:5", "1.2.3.4:65535", "[::1]", "[fe80::1]:80", "xn--bcher-kva.example"]) {
  Deno.test(`isRegistry() takes "${text}"`, () => assert.equal(isRegistry(text), true));
}

for (
  const text of ["", "A", "a/", "/a", "a//b", "a..b", "a___b", "a.-b", "-a", "a-", "a b", "a\n", "..", "a/../b", "%61"]
) {
  Deno.test(`isRepository() refuses ${JSON.stringify(text)}`, () => assert.equal(isRepository(text), false));
}

for (const text of ["a", "a/b/c", "a.b", "a_b", "a__b", "a---b", "0", "a/0-1_2.3"]) {
  Deno.test(`isRepository() takes "${text}"`, () => assert.equal(isRepository(text), true));
}

Deno.test("isRepository() and isRegistry() decide on hostile text without delay", () => {
  // Backtracking that grows with the power of the length would not end.
  assert.equal(isRepository(`${"a-".repeat(127)}!`), false);
  assert.equal(isRepository(`${"a_".repeat(127)}`), false);
  assert.equal(isRegistry(`${"a-".repeat(130)}!`), false);
  assert.equal(isRegistry(`${"a".repeat(10_000_000)}!`), false);
});

const SAME: [string, string, boolean][] = [
  ["a.b", "a.b", true],
  ["a.b:5000", "a.b:5000", true],
  ["a.b:5000", "a.b", true],
  ["a.b:5000", "a.b:5001", false],
  ["a.b", "a.c", false],
  ["[::1]:5000", "[::1]", true],
  ["[::1]:5000", "::1", true],
  ["[::1]", "::1", true],
  ["[::1]:5000", "[::1]:5001", false],
  ["[fe80::5000]:80", "fe80::", false],
];

for (const [a, b, same] of SAME) {
  Deno.test(`sameRegistry() is ${same} for ${a} and ${b}, either way round`, () => {
    assert.equal(sameRegistry(a, b), same);
    assert.equal(sameRegistry(b, a), same);
  });
}

Deno.test("sameRegistry() takes a registry for itself, and for the label that containerd makes of it", () => {
  fc.assert(fc.property(anyRegistry, (registry) => {
    const label = registry.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
    assert(sameRegistry(registry, registry));
    assert(sameRegistry(registry, label) && sameRegistry(label, registry));
    assert(!sameRegistry(registry, `x${label}`));
  }));
});

Deno.test("sameRepository() asks for the same path too", () => {
  fc.assert(fc.property(anyRepository, anyRepository, (a, b) => {
    assert(sameRepository(a, { ...a }));
    assert.equal(sameRepository(a, { ...a, repository: b.repository }), a.repository === b.repository);
  }));
});
