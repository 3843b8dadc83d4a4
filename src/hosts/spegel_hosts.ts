import { isDeepStrictEqual } from "node:util";
import { parse } from "@std/toml";

const SERVER_REGEXP = /server = '[^'\n]*'\n\n/y;
const TABLE_REGEXP = new RegExp(
  "\\[host\\.'(?<target>https?://[^'\\n]+)'\\]\\n" +
    "capabilities = \\['pull'(?:, 'resolve')?\\]\\n" +
    "dial_timeout = '200ms'" +
    "(?:\\n\\[host\\.'\\k<target>'\\.header\\]\\nAuthorization = 'Basic [A-Za-z0-9+/=]*')?",
  "y",
);

/** Returns whether a `hosts.toml` is, to the byte, what Spegel (from 0.3.0 on) or Peili writes. */
export function isSpegelHosts(text: string): boolean {
  const { targets, end } = leadingTables(text);
  return targets.length > 0 && end === text.length;
}

/**
 * Returns whether a `hosts.toml` is what Spegel makes of an existing one under `--prepend-existing`: its own tables,
 * then those of the existing file, written anew.
 *
 * A comment is never written by Spegel, so a text that may hold one is taken as somebody else's.
 *
 * @param saved The existing file.
 */
export function isSpegelMerge(text: string, saved: string): boolean {
  const { targets, end } = leadingTables(text);
  if (!text.startsWith("\n\n", end) || text.includes("#", end)) return false;
  const [hosts, existing] = [hostsOf(text), hostsOf(saved)];
  return targets.some((target) => {
    delete hosts[target]; // the last ones of the tables in front may be the existing file's own
    return isDeepStrictEqual(hosts, existing);
  });
}

function leadingTables(text: string): { targets: string[]; end: number } {
  const targets: string[] = [];
  let end = matchAt(SERVER_REGEXP, text, 0)?.[0].length ?? 0;
  for (let next = end;; next = end + "\n\n".length) {
    const table = matchAt(TABLE_REGEXP, text, next);
    if (!table || (targets.length > 0 && !text.startsWith("\n\n", end))) return { targets, end };
    targets.push(table.groups?.target ?? "");
    end = next + table[0].length;
  }
}

function matchAt(regexp: RegExp, text: string, at: number): RegExpExecArray | null {
  regexp.lastIndex = at;
  return regexp.exec(text);
}

function hostsOf(text: string): Record<string, unknown> {
  try {
    return { ...(parse(text).host as object) };
  } catch {
    return {};
  }
}
