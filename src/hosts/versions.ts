import { findEntry, readSmallText } from "./entry.ts";

/** How many versions of one thing are kept beside each other before a person has to look. */
const VERSIONS_MAX = 1_000;
const VERSION_REGEXP = /\.peili-\d+$/;

/** Returns whether a name is one that {@linkcode versionPath} gives. */
export function isVersion(name: string): boolean {
  return VERSION_REGEXP.test(name);
}

/**
 * Returns a path beside another one, for what had, or wanted, the same place: `hosts.toml.peili-1`.
 *
 * @param text What is to be kept there, if that is known.
 * @returns An unused path; undefined if the text is kept under one already.
 * @throws {Error} If there are too many.
 */
export async function versionPath(path: string, text?: string): Promise<string | undefined> {
  for (let version = 1; version <= VERSIONS_MAX; version++) {
    const candidate = `${path}.peili-${version}`;
    const entry = await findEntry(candidate);
    if (!entry) return candidate;
    if (text !== undefined && await readSmallText(entry) === text) return undefined;
  }
  throw new Error(`Cannot keep another version of "${path}": there are ${VERSIONS_MAX}`);
}
