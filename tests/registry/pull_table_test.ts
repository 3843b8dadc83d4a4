import assert from "@std/assert";
import { storedImage, type StoredObject } from "./stored_image.ts";
import { TestNode } from "./test_node.ts";

const image = await storedImage();
const { index, manifest, config, layer, empty, wide } = image;
const NS = "ns=reg.example%3A5000";
const NOWHERE = `sha256:${"0".repeat(64)}`;

/** A request, and what must come back. */
interface Case {
  name: string;
  path: string;
  method?: string;
  headers?: Record<string, string>;
  status: number;
  /** What must be among the headers; null for a header that must not be there. */
  answers?: Record<string, string | null>;
  /** The exact bytes. */
  body?: Uint8Array<ArrayBuffer> | "";
  /** The code of the error. */
  code?: string;
}

function manifestPath(reference: string): string {
  return `/v2/team/app/manifests/${reference}?${NS}`;
}

function blobPath({ digest }: { digest: string }): string {
  return `/v2/team/app/blobs/${digest}?${NS}`;
}

function whole(name: string, path: string, { bytes, digest, mediaType }: StoredObject): Case[] {
  const answers = {
    "accept-ranges": "bytes",
    "content-length": String(bytes.length),
    "content-range": null,
    "content-type": mediaType,
    "docker-content-digest": digest,
    "oci-namespace": "reg.example:5000",
  };
  return [
    { name: `GET of ${name}`, path, status: 200, answers, body: bytes },
    { name: `HEAD of ${name}`, path, method: "HEAD", status: 200, answers, body: "" },
  ];
}

function range(header: string, start: number, end: number, object: StoredObject = layer): Case {
  const { bytes, digest } = object;
  return {
    name: `Range ${header}`,
    path: object === index ? manifestPath(digest) : blobPath(object),
    headers: { range: header },
    status: 206,
    answers: {
      "content-length": String(end - start + 1),
      "content-range": `bytes ${start}-${end}/${bytes.length}`,
      "content-type": object.mediaType,
      "docker-content-digest": digest,
    },
    body: bytes.slice(start, end + 1),
  };
}

function unsatisfiable(header: string, object: StoredObject = layer): Case {
  const answers = { "content-range": `bytes */${object.bytes.length}` };
  return {
    name: `Range ${header}`,
    path: blobPath(object),
    headers: { range: header },
    status: 416,
    answers,
    body: "",
  };
}

function ignored(header: string): Case {
  return {
    name: `Range ${header}`,
    path: blobPath(config),
    headers: { range: header },
    status: 200,
    answers: { "content-range": null },
    body: config.bytes,
  };
}

function refused(path: string, status: number, code: string, more: Partial<Case> = {}): Case {
  const name = `${more.method ?? "GET"} ${path.replaceAll(/([0-9a-f])\1{20,}/g, "$1…").slice(0, 70)}`;
  return { name, path, status, code, answers: { "content-type": "application/json" }, ...more };
}

const size = layer.bytes.length;

const CASES: Case[] = [
  ...whole("the index by tag", manifestPath("v1"), index),
  ...whole("the index by digest", manifestPath(index.digest), index),
  ...whole("the manifest by digest", manifestPath(manifest.digest), manifest),
  ...whole("the configuration", blobPath(config), config),
  ...whole("a layer", blobPath(layer), layer),
  ...whole("an empty layer", blobPath(empty), empty),
  ...whole("a layer with a sha512 digest", blobPath(wide), wide),
  ...whole("the index by tag, in path form", "/v2/reg.example:5000/team/app/manifests/v1", index),
  ...whole("a layer, in path form", `/v2/reg.example:5000/team/app/blobs/${layer.digest}`, layer),
  ...whole("a layer, percent-encoded", blobPath({ digest: layer.digest.replace(":", "%3a") }), layer),
  {
    name: "GET of a layer, at the registry without its port, as labels have it",
    path: `/v2/team/app/blobs/${layer.digest}?ns=reg.example`,
    status: 200,
    answers: { "oci-namespace": "reg.example" },
    body: layer.bytes,
  },
  ...whole("a layer, with a parameter that means nothing", `${blobPath(layer)}&a=b`, layer),

  range("bytes=0-", 0, size - 1),
  range("bytes=5-", 5, size - 1),
  range("bytes=0-0", 0, 0),
  range("bytes=262143-262144", 262_143, 262_144),
  range("bytes=1-700000", 1, size - 1),
  range(`bytes=7-${size + 1_000}`, 7, size - 1),
  range(`bytes=7-${"9".repeat(400)}`, 7, size - 1),
  range(`bytes=${size - 1}-`, size - 1, size - 1),
  range("bytes=-1", size - 1, size - 1),
  range("bytes=-300000", size - 300_000, size - 1),
  range(`bytes=-${"9".repeat(400)}`, 0, size - 1),
  range("BYTES=5-9", 5, 9),
  range("bytes=0-", 0, index.bytes.length - 1, index),
  range("bytes=3-7", 3, 7, index),
  range("bytes=10-", 10, 998, wide),
  unsatisfiable(`bytes=${size}-`),
  unsatisfiable(`bytes=${"9".repeat(400)}-`),
  unsatisfiable("bytes=9-5"),
  unsatisfiable("bytes=-0"),
  unsatisfiable("bytes=-"),
  unsatisfiable("bytes="),
  unsatisfiable("bytes=a-b"),
  unsatisfiable("bytes=1.5-2"),
  unsatisfiable("bytes=--5"),
  unsatisfiable("bytes=0-", empty),
  ignored("bytes=0-1,3-4"),
  ignored("items=0-1"),
  ignored("0-1"),
  {
    name: "HEAD with a Range",
    path: blobPath(layer),
    method: "HEAD",
    headers: { range: "bytes=5-9" },
    status: 200,
    answers: { "content-length": String(size), "content-range": null },
    body: "",
  },

  { name: "GET /v2/", path: "/v2/", status: 200, answers: { "docker-distribution-api-version": "registry/2.0" } },
  { name: "GET /v2", path: "/v2", status: 200 },
  { name: "HEAD /v2/", path: "/v2/", method: "HEAD", status: 200 },
  { name: "GET /readyz", path: "/readyz", status: 200 },
  { name: "GET /livez", path: "/livez", status: 200 },

  refused(manifestPath("v2"), 404, "MANIFEST_UNKNOWN"),
  refused(manifestPath(NOWHERE), 404, "MANIFEST_UNKNOWN"),
  refused(blobPath({ digest: NOWHERE }), 404, "BLOB_UNKNOWN"),
  refused(blobPath({ digest: NOWHERE }), 404, "BLOB_UNKNOWN", { method: "HEAD" }),
  refused(blobPath({ digest: NOWHERE }), 404, "BLOB_UNKNOWN", { headers: { range: "bytes=5-" } }),
  refused(manifestPath(layer.digest), 404, "MANIFEST_UNKNOWN"),
  refused(manifestPath(config.digest), 404, "MANIFEST_UNKNOWN"),
  refused(blobPath(manifest), 404, "BLOB_UNKNOWN"),
  refused(blobPath(index), 404, "BLOB_UNKNOWN"),
  refused(`/v2/team/other/blobs/${layer.digest}?${NS}`, 404, "BLOB_UNKNOWN"),
  refused(`/v2/team/other/manifests/${manifest.digest}?${NS}`, 404, "MANIFEST_UNKNOWN"),
  refused(`/v2/team/other/manifests/v1?${NS}`, 404, "MANIFEST_UNKNOWN"),
  refused(`/v2/team/app/blobs/${layer.digest}?ns=other.example`, 404, "BLOB_UNKNOWN"),
  refused(`/v2/team/app/blobs/${layer.digest}?ns=reg.example:5001`, 404, "BLOB_UNKNOWN"),
  refused(`/v2/team/app/blobs/${layer.digest}`, 404, "NAME_UNKNOWN"),
  refused("/", 404, "NAME_UNKNOWN"),
  refused("/v3/", 404, "NAME_UNKNOWN"),
  refused("/V2/", 404, "NAME_UNKNOWN"),
  refused(`/v2/team/app/tags/list?${NS}`, 404, "NAME_UNKNOWN"),
  refused(`/v2/_catalog`, 404, "NAME_UNKNOWN"),
  refused(`/v2/team/app/referrers/${manifest.digest}?${NS}`, 404, "NAME_UNKNOWN"),
  refused(`//v2/team/app/manifests/v1?${NS}`, 404, "NAME_UNKNOWN"),
  refused(`/v2/team//app/manifests/v1?${NS}`, 400, "NAME_INVALID"),
  refused(`/v2/Team/app/manifests/v1?${NS}`, 400, "NAME_INVALID"),
  refused(`/v2/%00/manifests/v1?${NS}`, 400, "NAME_INVALID"),
  refused(`/v2/%c3%28/manifests/v1?${NS}`, 400, "NAME_INVALID"),
  refused(`/v2/${"a".repeat(300)}/manifests/v1?${NS}`, 400, "NAME_INVALID"),
  refused(`/v2/team/app/manifests/v1?ns=${"n".repeat(5_000)}`, 400, "NAME_INVALID"),
  refused("/v2/team/app/manifests/v1?ns=%00", 400, "NAME_INVALID"),
  refused("/v2/team/app/manifests/v1?ns=b%C3%BCcher.example", 400, "NAME_INVALID"),
  refused(manifestPath(`v${"1".repeat(128)}`), 400, "NAME_INVALID"),
  refused(manifestPath("sha256:baddigeststring"), 400, "DIGEST_INVALID"),
  refused(blobPath({ digest: "sha256:..%2f..%2fetc%2fpasswd" }), 404, "NAME_UNKNOWN"),
  refused(blobPath({ digest: "sha256:..%5c..%5cetc" }), 400, "DIGEST_INVALID"),
  refused(blobPath({ digest: layer.digest.toUpperCase() }), 400, "DIGEST_INVALID"),
  refused(blobPath({ digest: "latest" }), 400, "DIGEST_INVALID"),
  ...["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "FROB"].map((method) =>
    refused(blobPath(layer), 405, "UNSUPPORTED", { method, answers: { allow: "GET, HEAD" } })
  ),
  refused("/v2/", 405, "UNSUPPORTED", { method: "POST" }),
  refused("/v2/team/app/blobs/uploads/", 405, "UNSUPPORTED", { method: "POST" }),
];

for (const audience of ["clients", "peers", "everybody"] as const) {
  for (const { name, path, method, headers, status, answers, body, code } of CASES) {
    Deno.test(`registry answers ${audience}: ${name} with ${status}`, async () => {
      await using node = new TestNode({ store: image.store });
      const request = new Request(`http://127.0.0.1${path}`, { method, headers });
      const response = await node.handle(request, audience);
      assert.equal(response.status, status);
      for (const [header, value] of Object.entries(answers ?? {})) {
        assert.equal(response.headers.get(header), value, header);
      }
      const bytes = await response.bytes();
      if (body !== undefined) assert(equal(bytes, body), `${bytes.length} bytes`);
      if (code === undefined) return;
      const { errors: [error, ...more] } = JSON.parse(new TextDecoder().decode(bytes));
      assert.deepEqual([error.code, more], [code, []]);
      assert(typeof error.message === "string" && error.message.length < 500);
    });
  }
}

function equal(bytes: Uint8Array, expected: Uint8Array | ""): boolean {
  return bytes.length === expected.length && bytes.every((byte, index) => byte === expected[index]);
}
