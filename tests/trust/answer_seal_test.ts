import assert from "@std/assert";
import { answerSigner, isSignedAnswer } from "../../src/trust/answer_seal.ts";
import { parseClusterSecret } from "../../src/trust/cluster_secret.ts";

const [one = new Uint8Array()] = parseClusterSecret("a".repeat(32));
const [two = new Uint8Array()] = parseClusterSecret("b".repeat(32));
const CONTEXT = { peer: "peer", nonce: "nonce" };
const digest = `sha256:${"1".repeat(64)}`;
const signature = answerSigner(one, CONTEXT)(digest);

Deno.test("an answer is good for one request, of one node, about one digest", () => {
  assert(isSignedAnswer({ keys: [one] }, CONTEXT, { digest, signature }));
  assert(!isSignedAnswer({ keys: [one] }, { ...CONTEXT, nonce: "another" }, { digest, signature }));
  assert(!isSignedAnswer({ keys: [one] }, { ...CONTEXT, peer: "another" }, { digest, signature }));
  assert(!isSignedAnswer({ keys: [one] }, CONTEXT, { digest: digest.replace("1", "2"), signature }));
  for (const wrong of ["", "x", signature.slice(1), `${signature}A`]) {
    assert(!isSignedAnswer({ keys: [one] }, CONTEXT, { digest, signature: wrong }), wrong);
  }
});

Deno.test("an answer may be signed with either secret, and with no other", () => {
  assert(isSignedAnswer({ keys: [two, one] }, CONTEXT, { digest, signature }));
  assert(isSignedAnswer({ keys: [one, two] }, CONTEXT, { digest, signature }));
  assert(!isSignedAnswer({ keys: [two] }, CONTEXT, { digest, signature }));
});
