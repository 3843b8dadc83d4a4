import { createHmac, timingSafeEqual } from "node:crypto";
import type { SharedSecret } from "./cluster_secret.ts";

/** What is signed begins with this, so that it can be taken for nothing else. */
const PURPOSE = "peili answer 1";

/** To which request, of which node, an answer belongs. */
export interface AnswerContext {
  /** The id of the node that answers. */
  peer: string;
  /** The nonce of the request. */
  nonce: string;
}

/** Signs the digest that an answer names: in base64url. */
export type AnswerSigner = (digest: string) => string;

/** Makes what signs the answer to one request, with the key that the request was sealed with. */
export function answerSigner(key: Uint8Array, { peer, nonce }: AnswerContext): AnswerSigner {
  return (digest) =>
    createHmac("sha256", key).update(JSON.stringify([PURPOSE, peer, nonce, digest])).digest("base64url");
}

/** Returns whether an answer was signed, for this request, by a node that knows the secret. */
export function isSignedAnswer(
  secret: SharedSecret,
  context: AnswerContext,
  { digest, signature }: { digest: string; signature: string },
): boolean {
  const given = new TextEncoder().encode(signature);
  return secret.keys.some((key) => {
    const expected = new TextEncoder().encode(answerSigner(key, context)(digest));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
}
