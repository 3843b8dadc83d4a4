/**
 * A content digest in the form `algorithm:hex`, already checked.
 *
 * {@link https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests}
 */
export type Digest = `sha256:${string}` | `sha512:${string}`;

/** The algorithms of {@linkcode Digest} that Peili serves. */
export type DigestAlgorithm = "sha256" | "sha512";

const DIGEST_REGEXP = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Returns whether the text is a digest that Peili can serve. */
export function isDigest(text: string): text is Digest {
  return DIGEST_REGEXP.test(text);
}

/**
 * Reads a digest.
 *
 * @throws {SyntaxError} If the text is not `sha256:` with 64 or `sha512:` with 128 lower-case hexadecimal digits.
 */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) {
    throw new SyntaxError(
      `Cannot parse digest "${text.slice(0, 160)}": expected sha256: or sha512: and lower-case hexadecimal digits`,
    );
  }
  return text;
}

/** Returns the two parts of a digest: the algorithm and the hexadecimal digits. */
export function splitDigest(digest: Digest): { algorithm: DigestAlgorithm; hex: string } {
  const colon = digest.indexOf(":");
  return { algorithm: digest.slice(0, colon) as DigestAlgorithm, hex: digest.slice(colon + 1) };
}

/** Returns the digest of bytes that are in memory. */
export async function digestOf(bytes: BufferSource, algorithm: DigestAlgorithm = "sha256"): Promise<Digest> {
  const hash = await crypto.subtle.digest(algorithm === "sha256" ? "SHA-256" : "SHA-512", bytes);
  return `${algorithm}:${new Uint8Array(hash).toHex()}` as Digest;
}
