import assert from "@std/assert";
import fc from "fast-check";
import { createHash } from "node:crypto";
import { digestOf, isDigest, parseDigest, splitDigest } from "../../src/oci/digest.ts";
import { anyDigest } from "./arbitraries.ts";

const SHA256_OF_NOTHING = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const MALFORMED: Record<string, string> = {
  "nothing": "",
  "no algorithm": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "an unknown algorithm": "md5:d41d8cd98f00b204e9800998ecf8427e",
  "an algorithm of the specification that is not served": `sha384:${"a".repeat(96)}`,
  "upper-case digits": SHA256_OF_NOTHING.toUpperCase().replace("SHA256", "sha256"),
  "an upper-case algorithm": SHA256_OF_NOTHING.replace("sha256", "SHA256"),
  "a digit too few": SHA256_OF_NOTHING.slice(0, -1),
  "a digit too many": `${SHA256_OF_NOTHING}0`,
  "sha512 with the digits of sha256": SHA256_OF_NOTHING.replace("sha256", "sha512"),
  "a letter beyond f": SHA256_OF_NOTHING.replace("e3", "g3"),
  "a trailing line feed": `${SHA256_OF_NOTHING}\n`,
  "a path": "sha256:../../../../etc/passwd",
};

for (const [what, text] of Object.entries(MALFORMED)) {
  Deno.test(`parseDigest() throws SyntaxError on ${what}`, () => {
    assert.throws(() => parseDigest(text), SyntaxError);
    assert.equal(isDigest(text), false);
  });
}

Deno.test("parseDigest() returns every digest as it is, in two parts that make it up", () => {
  fc.assert(fc.property(anyDigest, (digest) => {
    assert.equal(parseDigest(digest), digest);
    const { algorithm, hex } = splitDigest(digest);
    assert.equal(`${algorithm}:${hex}`, digest);
    assert.equal(hex.length, algorithm === "sha256" ? 64 : 128);
  }));
});

Deno.test("parseDigest() throws nothing but SyntaxError, with a short message, on any text", () => {
  fc.assert(fc.property(fc.oneof(fc.string({ maxLength: 2_000 }), anyDigest.map((text) => `${text}x`)), (text) => {
    assert.throws(
      () => parseDigest(text),
      (reason: unknown) => reason instanceof SyntaxError && reason.message.length < 300,
    );
  }));
});

Deno.test("digestOf() agrees with the hashes of Node", async () => {
  const bytes = fc.uint8Array({ maxLength: 4_096 }) as fc.Arbitrary<Uint8Array<ArrayBuffer>>;
  await fc.assert(fc.asyncProperty(bytes, fc.constantFrom("sha256", "sha512"), async (bytes, algorithm) => {
    const expected = createHash(algorithm).update(bytes).digest("hex");
    assert.equal(await digestOf(bytes, algorithm), `${algorithm}:${expected}`);
  }));
  assert.equal(await digestOf(new Uint8Array()), SHA256_OF_NOTHING);
});
