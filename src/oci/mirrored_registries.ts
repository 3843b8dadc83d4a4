import { formatRegistryUrl, parseRegistryUrl } from "./registry_url.ts";

/** The name that stands for every registry, in the list and as a directory of containerd's. */
export const EVERY_REGISTRY = "_default";

/** One entry of `--mirrored-registries`. */
export interface MirroredRegistry {
  /** Host and port as image names carry them, or {@linkcode EVERY_REGISTRY}. */
  registry: string;
  /** The scheme that was given; none for every registry. */
  scheme?: "http" | "https";
  /** Where the registry itself is asked; none for every registry. */
  server?: string;
}

const WILDCARDS: readonly string[] = [EVERY_REGISTRY, "*"];

/** Image names say `docker.io`; the registry behind it answers under another name. */
const DOCKER_HUB = { url: "https://docker.io", server: "https://registry-1.docker.io" } as const;

/**
 * Reads `--mirrored-registries`: URLs such as `https://docker.io`, or `_default` or `*` for every registry.
 *
 * @param texts The values of the flag; without any that is not blank, every registry is mirrored.
 * @throws {SyntaxError} If a value is neither, or if one registry is named twice in different ways.
 */
export function parseMirroredRegistries(texts: readonly string[]): MirroredRegistry[] {
  const given = texts.map((text) => text.trim()).filter((text) => text !== "");
  const found = new Map<string, MirroredRegistry>();
  for (const entry of given.length === 0 ? [{ registry: EVERY_REGISTRY }] : given.map(parseEntry)) {
    const known = found.get(entry.registry);
    if (known && known.server !== entry.server) {
      throw new SyntaxError(`Cannot mirror "${entry.registry}": it is named with http:// and with https://`);
    }
    found.set(entry.registry, entry);
  }
  return [...found.values()];
}

/**
 * Returns the registries that serving and announcing are limited to.
 *
 * @returns Hosts with their ports; an empty list when every registry is mirrored.
 */
export function onlyRegistries(registries: readonly MirroredRegistry[]): string[] {
  if (registries.some(({ registry }) => registry === EVERY_REGISTRY)) return [];
  return registries.map(({ registry }) => registry);
}

function parseEntry(text: string): MirroredRegistry {
  if (WILDCARDS.includes(text)) return { registry: EVERY_REGISTRY };
  const url = parseRegistryUrl(text);
  const server = formatRegistryUrl(url);
  return {
    registry: url.host,
    scheme: url.scheme,
    server: server === DOCKER_HUB.url ? DOCKER_HUB.server : server,
  };
}
