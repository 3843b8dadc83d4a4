import assert from "@std/assert";
import fc from "fast-check";
import { DistributionError } from "../../src/oci/distribution_error.ts";
import { contentKey, type DistributionPath, parseDistributionPath, peerPath } from "../../src/oci/distribution_path.ts";
import { isRegistry, isRepository, isTag } from "../../src/oci/reference.ts";
import { anyDigest, anyRepository, anyTag } from "./arbitraries.ts";

const HOST = "http://127.0.0.1:30020";
const HEX = "0123456789abcdef".repeat(4);
const DIGEST = `sha256:${HEX}` as const;

/** Any path of the protocol. */
const anyPath: fc.Arbitrary<DistributionPath> = fc.oneof(
  fc.tuple(anyRepository, anyDigest, fc.constantFrom("manifests" as const, "blobs" as const))
    .map(([repository, digest, kind]) => ({ ...repository, kind, digest })),
  fc.tuple(anyRepository, anyTag).map(([repository, tag]) => ({ ...repository, kind: "manifests" as const, tag })),
);

const READS: Record<string, DistributionPath> = {
  "/v2/library/alpine/manifests/3.20?ns=docker.io": {
    registry: "docker.io",
    repository: "library/alpine",
    kind: "manifests",
    tag: "3.20",
  },
  [`/v2/a/blobs/${DIGEST}?ns=up.example%3A5000`]: {
    registry: "up.example:5000",
    repository: "a",
    kind: "blobs",
    digest: DIGEST,
  },
  [`/v2/ghcr.io/a/b/manifests/${DIGEST}`]: {
    registry: "ghcr.io",
    repository: "a/b",
    kind: "manifests",
    digest: DIGEST,
  },
  "/v2/localhost/a/manifests/x": { registry: "localhost", repository: "a", kind: "manifests", tag: "x" },
  "/v2/[::1]:5000/a/manifests/x": { registry: "[::1]:5000", repository: "a", kind: "manifests", tag: "x" },
  [`/v2/a/blobs/sha256%3A${HEX}?ns=ghcr.io`]: { registry: "ghcr.io", repository: "a", kind: "blobs", digest: DIGEST },
  "/v2/a%2Fb/manifests/x?ns=ghcr.io": { registry: "ghcr.io", repository: "a/b", kind: "manifests", tag: "x" },
  "/v2/a/manifests/b/manifests/x?ns=ghcr.io": {
    registry: "ghcr.io",
    repository: "a/manifests/b",
    kind: "manifests",
    tag: "x",
  },
  "/v2/quay.io/a/manifests/x?ns=ghcr.io&ns=docker.io": {
    registry: "ghcr.io",
    repository: "quay.io/a",
    kind: "manifests",
    tag: "x",
  },
};

for (const [path, expected] of Object.entries(READS)) {
  Deno.test(`parseDistributionPath() reads ${path.replaceAll(HEX, "…")}`, () => {
    assert.deepEqual(parseDistributionPath(new URL(path, HOST)), expected);
  });
}

const REFUSED: [path: string, code: string, status: number][] = [
  ["/", "NAME_UNKNOWN", 404],
  ["/v1/a/manifests/x?ns=ghcr.io", "NAME_UNKNOWN", 404],
  ["/v2/_catalog?ns=ghcr.io", "NAME_UNKNOWN", 404],
  ["/v2/a/tags/list?ns=ghcr.io", "NAME_UNKNOWN", 404],
  [`/v2/a/referrers/${DIGEST}?ns=ghcr.io`, "NAME_UNKNOWN", 404],
  ["/v2/a/blobs/uploads/?ns=ghcr.io", "NAME_UNKNOWN", 404],
  ["/v2/a/manifests/?ns=ghcr.io", "NAME_UNKNOWN", 404],
  ["/v2/manifests/x?ns=ghcr.io", "NAME_UNKNOWN", 404],
  ["/v2/a/b/manifests/x", "NAME_UNKNOWN", 404],
  ["/v2/a/manifests/x", "NAME_UNKNOWN", 404],
  ["/v2/ghcr.io/manifests/x", "NAME_UNKNOWN", 404],
  ["//v2/a/manifests/x?ns=ghcr.io", "NAME_UNKNOWN", 404],
  ["/v2//a/manifests/x?ns=ghcr.io", "NAME_INVALID", 400],
  ["/v2/a//b/manifests/x?ns=ghcr.io", "NAME_INVALID", 400],
  ["/v2/A/manifests/x?ns=ghcr.io", "NAME_INVALID", 400],
  ["/v2/a/%2e%2e%2fb/manifests/x?ns=ghcr.io", "NAME_INVALID", 400],
  ["/v2/..%2f..%2fetc/manifests/x?ns=ghcr.io", "NAME_INVALID", 400],
  ["/v2/a%00/manifests/x?ns=ghcr.io", "NAME_INVALID", 400],
  ["/v2/a%ff/manifests/x?ns=ghcr.io", "NAME_INVALID", 400],
  ["/v2/a%/manifests/x?ns=ghcr.io", "NAME_INVALID", 400],
  ["/v2/ä/manifests/x?ns=ghcr.io", "NAME_INVALID", 400],
  ["/v2/a/manifests/x?ns=", "NAME_INVALID", 400],
  ["/v2/a/manifests/x?ns=a/b", "NAME_INVALID", 400],
  ["/v2/a/manifests/x?ns=a%20b", "NAME_INVALID", 400],
  [`/v2/a/manifests/x?ns=${"n".repeat(10_000)}`, "NAME_INVALID", 400],
  [`/v2/${"a".repeat(256)}/manifests/x?ns=ghcr.io`, "NAME_INVALID", 400],
  ["/v2/a/manifests/.x?ns=ghcr.io", "NAME_INVALID", 400],
  ["/v2/a/manifests/x%0a?ns=ghcr.io", "NAME_INVALID", 400],
  [`/v2/a/manifests/${"t".repeat(129)}?ns=ghcr.io`, "NAME_INVALID", 400],
  ["/v2/a/manifests/sha256:baddigeststring?ns=ghcr.io", "DIGEST_INVALID", 400],
  [`/v2/a/manifests/md5:${HEX}?ns=ghcr.io`, "DIGEST_INVALID", 400],
  [`/v2/a/blobs/${HEX}?ns=ghcr.io`, "DIGEST_INVALID", 400],
  ["/v2/a/blobs/latest?ns=ghcr.io", "DIGEST_INVALID", 400],
  [`/v2/a/blobs/${DIGEST.toUpperCase()}?ns=ghcr.io`, "DIGEST_INVALID", 400],
  [`/v2/a/blobs/sha512:${HEX}?ns=ghcr.io`, "DIGEST_INVALID", 400],
];

for (const [path, code, status] of REFUSED) {
  Deno.test(`parseDistributionPath() answers ${path.replaceAll(HEX, "…").slice(0, 60)} with ${code}`, () => {
    assert.throws(() => parseDistributionPath(new URL(`${HOST}${path}`)), (reason: unknown) => {
      if (!(reason instanceof DistributionError)) throw reason;
      assert.deepEqual([reason.code, reason.status], [code, status]);
      assert(reason.message.length < 400, "an answer repeats little of what was sent");
      return true;
    });
  });
}

Deno.test("parseDistributionPath() reads what peerPath() wrote", () => {
  fc.assert(fc.property(anyPath, (path) => {
    assert.deepEqual(parseDistributionPath(new URL(peerPath(path), HOST)), path);
  }));
});

Deno.test("parseDistributionPath() reads the registry in front of the repository", () => {
  fc.assert(fc.property(anyPath, (path) => {
    fc.pre(/[.:]/.test(path.registry));
    const url = new URL(`/v2/${path.registry}/${path.repository}/${path.kind}/${path.digest ?? path.tag}`, HOST);
    assert.deepEqual(parseDistributionPath(url), path);
  }));
});

Deno.test("parseDistributionPath() throws nothing but DistributionError on any URL, and returns only valid parts", () => {
  const piece = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("manifests", "blobs", "ghcr.io", "..", ".", "", DIGEST, "%2f", "%00", "latest", "[::1]:5"),
  );
  const query = fc.option(piece, { nil: undefined });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 7 }), query, (pieces, ns) => {
      const url = new URL(HOST);
      url.pathname = `/v2/${pieces.join("/")}`;
      if (ns !== undefined) url.searchParams.set("ns", ns);
      let path: DistributionPath;
      try {
        path = parseDistributionPath(url);
      } catch (reason) {
        if (!(reason instanceof DistributionError)) throw reason;
        return;
      }
      assert(isRegistry(path.registry) && isRepository(path.repository));
      assert(path.tag === undefined ? path.digest !== undefined : isTag(path.tag) && path.kind === "manifests");
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("contentKey() is the digest, or the full name of the tag", () => {
  const repository = { registry: "docker.io", repository: "library/alpine" };
  assert.equal(contentKey({ ...repository, kind: "blobs", digest: DIGEST }), DIGEST);
  assert.equal(contentKey({ ...repository, kind: "manifests", tag: "3.20" }), "docker.io/library/alpine:3.20");
});
