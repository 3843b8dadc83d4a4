import assert from "@std/assert";
import { parseClusterSecret } from "../../src/trust/cluster_secret.ts";
import { SealVerifier } from "../../src/trust/request_seal.ts";
import { isSignedUrl, signedUrlProblem, signUrl } from "../../src/trust/signed_url.ts";

const SECRET = { keys: parseClusterSecret("a".repeat(32)) };
const URLS = ["http://a:1/v2/b/blobs/sha256:1?ns=reg%3A5000", "http://[::1]:1/v2/b/blobs/sha256:1", "http://a/?x=/?y"];

function problem(url: string | URL, init?: RequestInit): string | undefined {
  return signedUrlProblem(new SealVerifier(SECRET, "peer"), new Request(url, init));
}

for (const text of URLS) {
  Deno.test(`signUrl() makes a URL of ${text} that is good for what it was made for`, () => {
    const url = signUrl(SECRET, new URL(text), { peer: "peer", method: "GET", range: null });
    assert(url.href.startsWith(text));
    assert(isSignedUrl(url.href) && !isSignedUrl(text));
    assert.equal(problem(url), undefined);
    assert.equal(problem(url, { method: "HEAD" }), "forged");
    assert.equal(problem(url, { headers: { range: "bytes=0-" } }), "forged");
    assert.equal(problem(url.href.replace("/v2/b/", "/v2/c/").replace("y", "z")), "forged");
    assert.equal(problem(`${url}&more=1`), "forged");
    assert.equal(problem(`${url.href.slice(0, -1)}`), "forged");
  });
}

Deno.test("signUrl() binds a URL to its range", () => {
  const range = "bytes=5-";
  const url = signUrl(SECRET, new URL("http://a/b"), { peer: "peer", method: "GET", range });
  assert.equal(problem(url, { headers: { range } }), undefined);
  assert.equal(problem(url), "forged");
});
