import fc from "fast-check";
import type { Digest } from "../../src/oci/digest.ts";
import type { Repository } from "../../src/oci/reference.ts";

const HEX = "[0-9a-f]";
const WORD = "[a-z0-9]{1,8}";
const NAME_PART = `${WORD}((\\.|_|__|-{1,3})${WORD}){0,2}`;

/** Any digest of the two algorithms that are served. */
export const anyDigest: fc.Arbitrary<Digest> = fc.oneof(
  fc.stringMatching(new RegExp(`^sha256:${HEX}{64}$`)),
  fc.stringMatching(new RegExp(`^sha512:${HEX}{128}$`)),
) as fc.Arbitrary<Digest>;

/** Any registry: a name, an IPv4 or an IPv6 address, with or without a port, and recognizable as one. */
export const anyRegistry: fc.Arbitrary<string> = fc.tuple(
  fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6().map((address) => `[${address}]`)),
  fc.option(fc.nat(65_535), { nil: undefined }),
).map(([host, port]) => port === undefined ? host : `${host}:${port}`);

/** Any repository of a registry. */
export const anyRepository: fc.Arbitrary<Repository> = fc.record({
  registry: anyRegistry,
  repository: fc.array(fc.stringMatching(new RegExp(`^${NAME_PART}$`)), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join("/")),
});

/** Any tag. */
export const anyTag: fc.Arbitrary<string> = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/);
