import { isRegistry } from "./reference.ts";

/** A registry, or a mirror of registries, as flags name it: a scheme and a host. */
export interface RegistryUrl {
  /** How it is asked. */
  scheme: "http" | "https";
  /** Host and, where it is given, port, as it was written: `docker.io`, `127.0.0.1:5000`, `[fd00::2]:30020`. */
  host: string;
}

const REGISTRY_URL_REGEXP = /^(https?):\/\/([^/?#@]+)$/i;
const PORT_MAX = 65_535;

/**
 * Reads a URL that has a scheme and a host, and nothing else.
 *
 * The brackets around an IPv6 address may be missing when a port follows: that is what becomes of `http://$(NODE_IP):30020`.
 *
 * @throws {SyntaxError} If the text is no such URL.
 */
export function parseRegistryUrl(text: string): RegistryUrl {
  const [, scheme = "", written = ""] = REGISTRY_URL_REGEXP.exec(text) ?? [];
  const host = withBrackets(written);
  const port = Number(/:(\d+)$/.exec(host)?.[1] ?? 0);
  if (!isRegistry(host) || port > PORT_MAX) {
    throw new SyntaxError(
      `Cannot use "${text.slice(0, 300)}": expected http:// or https:// and a host[:port], without path, query or user`,
    );
  }
  return { scheme: scheme.toLowerCase() as RegistryUrl["scheme"], host };
}

/** Returns the URL as text. */
export function formatRegistryUrl({ scheme, host }: RegistryUrl): string {
  return `${scheme}://${host}`;
}

function withBrackets(host: string): string {
  const [, address, port] = /^([0-9a-fA-F:.]*:[0-9a-fA-F:.]*):(\d+)$/.exec(host) ?? [];
  return address === undefined ? host : `[${address}]:${port}`;
}
