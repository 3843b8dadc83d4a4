import { formatRegistryUrl, parseRegistryUrl } from "../oci/registry_url.ts";

/**
 * Reads `--mirror-targets`: the URLs at which containerd asks mirrors, in this order.
 *
 * @returns The URLs, each once: containerd refuses a file that names a host twice.
 * @throws {SyntaxError} If a value is no URL of scheme and host, or if there is none.
 */
export function parseMirrorTargets(texts: readonly string[]): string[] {
  const given = texts.map((text) => text.trim()).filter((text) => text !== "");
  if (given.length === 0) throw new SyntaxError("Cannot configure mirrors without a mirror target: none is given");
  return [...new Set(given.map((text) => formatRegistryUrl(parseRegistryUrl(text))))];
}
