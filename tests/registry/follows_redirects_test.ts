import assert from "@std/assert";
import { followsRedirects } from "../../src/registry/follows_redirects.ts";
import { parseContainerdVersion } from "../../src/store/containerd_version.ts";

const VERSIONS: [text: string, follows: boolean | undefined][] = [
  ["containerd/1.6.20~ds1", false],
  ["containerd/v1.7.0", true],
  ["containerd/1.10.1", true],
  ["containerd/2.1.9+unknown", true],
  ["containerd/v2.3.4", true],
  ["v1.6.39", false],
  ["1.7.24", true],
  ["containerd/main", undefined],
  ["containerd/", undefined],
  ["curl/8.1.2", undefined],
  ["2", undefined],
];

for (const [text, follows] of VERSIONS) {
  Deno.test(`followsRedirects() says ${follows} of "${text}"`, () => {
    const version = parseContainerdVersion(text);
    assert.equal(version && followsRedirects(version), follows);
  });
}
