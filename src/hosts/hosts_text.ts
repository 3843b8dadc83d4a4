import { type BasicAuth, basicAuthorization } from "../http/basic_auth.ts";

/** How the mirrors are asked. */
export interface MirrorOptions {
  /** The URLs of the mirrors, in the order in which they are asked. */
  targets: readonly string[];
  /** Whether tags may be resolved by the mirrors; else they are asked for digests alone. */
  resolveTags: boolean;
  /** Sent to the mirrors with every request. */
  basicAuth?: BasicAuth;
}

/** The table of one mirror in a `hosts.toml`. */
export interface MirrorTable {
  /** The URL of the mirror, which is the key of its table. */
  target: string;
  /** The table, without a line end. */
  text: string;
}

/**
 * How long containerd waits for a connection to a mirror before it asks the next host: one on the same machine
 * answers at once or not at all. Read from containerd 2.0 on, ignored before.
 */
const DIAL_TIMEOUT = "200ms";

/** Returns the tables that send containerd to the mirrors, in Spegel's spelling. */
export function mirrorTables(options: MirrorOptions): MirrorTable[] {
  const capabilities = options.resolveTags ? "['pull', 'resolve']" : "['pull']";
  return options.targets.map((target) => {
    const lines = [`[host.'${target}']`, `capabilities = ${capabilities}`, `dial_timeout = '${DIAL_TIMEOUT}'`];
    if (options.basicAuth) {
      lines.push(`[host.'${target}'.header]`, `Authorization = '${basicAuthorization(options.basicAuth)}'`);
    }
    return { target, text: lines.join("\n") };
  });
}

/** Returns the line that says where the registry itself is, with the blank line after it. */
export function serverLine(server: string): string {
  return `server = '${server}'\n\n`;
}

/** Returns the tables as they follow each other in a file. */
export function joinTables(tables: readonly MirrorTable[]): string {
  return tables.map(({ text }) => text).join("\n\n");
}
