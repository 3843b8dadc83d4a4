import { errorMessage } from "../core/errors.ts";
import { certificateLines } from "./docker_certificates.ts";
import { fileMode, hostsFile } from "./fresh_tree.ts";
import { joinTables, type MirrorOptions, mirrorTables, serverLine } from "./hosts_text.ts";
import { mergeHosts } from "./merge_hosts.ts";
import { attributesOf, type NewFile } from "./new_node.ts";
import { type UserNode, userText } from "./user_tree.ts";

/** A file with the mirrors in it, or why it stays as it is. */
export type Prepended = { file: NewFile } | { warning: string };

/**
 * Returns the `hosts.toml` of a directory that has none: the certificates that containerd found there by itself are
 * named, as it stops looking for them.
 *
 * @param names The names in the directory.
 */
export function addHosts(names: readonly string[], options: MirrorOptions, server?: string): NewFile {
  const certificates = certificateLines(names);
  const front = server === undefined ? "" : serverLine(server);
  const head = certificates === "" ? front : `${front.trim()}\n${certificates}\n`.trimStart();
  return hostsFile([head, joinTables(mirrorTables(options))], options);
}

/**
 * Puts the mirrors in front of an existing `hosts.toml`.
 *
 * A file that cannot be read or parsed stays as it is: containerd may be more lenient than we are, and a private
 * registry that works is worth more than a mirror for it.
 *
 * @param found The file, with symbolic links followed; undefined if they lead out of reach.
 */
export async function prependHosts(
  found: UserNode | undefined,
  options: MirrorOptions,
  server?: string,
): Promise<Prepended> {
  if (!found) return { warning: "it is a symbolic link to nothing that is in reach" };
  if (found.entry.kind !== "file") return { warning: "it is no file" };
  const text = await userText(found);
  if (text === undefined) return { warning: "it is too large, or not UTF-8" };
  try {
    const { text: merged, inserted } = mergeHosts(text, mirrorTables(options), server);
    const attributes = attributesOf(found.entry);
    return {
      file: {
        kind: "file",
        bytes: new TextEncoder().encode(merged),
        ...attributes,
        mode: fileMode(attributes.mode, options),
        inserted,
      },
    };
  } catch (reason) {
    return { warning: errorMessage(reason).split("  ")[0] ?? "" };
  }
}
