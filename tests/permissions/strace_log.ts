import { resolve } from "node:path";

const CALL_REGEXP = /^\d+ +(\w+)\((.*)$/;
const STRING_REGEXP = /(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"/g;
const WRITE_FLAGS_REGEXP = /\bO_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)\b/;
const ADDRESS_REGEXPS = [
  /sin_port=htons\((?<port>\d+)\), sin_addr=inet_addr\("(?<host>[^"]*)"\)/,
  /sin6_port=htons\((?<port>\d+)\),.*?inet_pton\(AF_INET6, "(?<host>[^"]*)"/,
];

/** Calls that change what a path names. Whatever else takes a path only reads. */
const WRITING_CALLS_REGEXP =
  /^(?:creat|mkdir|rmdir|unlink|rename|link|symlink|chmod|fchmod|chown|lchown|fchown|utime|truncate|mknod|mount|setxattr|lsetxattr)/;
/** Calls with two paths that count; the second string of others is what they return. */
const TWO_PATHS_REGEXP = /^(?:rename|link|symlink)/;
/** Calls that name the address of somebody who called, or one that was counted when it was bound. */
const PASSIVE_CALLS_REGEXP = /^(?:accept|getpeername|getsockname|recv)/;
/** Address families whose use is seen by the addresses that are bound or connected to. */
const ADDRESSED_FAMILIES = ["AF_INET", "AF_INET6", "AF_UNIX"];

/**
 * Reads a log of `strace -f -y -e trace=%file,%network,execve` as what was touched or tried, each once:
 * `read <path>`, `write <path>`, `execute <path>`, `bind <host>:<port>`, `connect <host>:<port>`, `connect unix:<path>`,
 * `socket <family>`.
 *
 * @param cwd The working directory, for calls that strace shows with a relative path alone.
 */
export function touchedInStrace(log: string, cwd: string): string[] {
  const touched = new Set<string>();
  for (const line of log.split("\n")) {
    const [, call, args] = CALL_REGEXP.exec(line) ?? [];
    if (call === undefined || args === undefined || PASSIVE_CALLS_REGEXP.test(call)) continue;
    const text = networkTouch(call, args);
    if (text !== undefined) touched.add(text);
    else if (!args.includes("sa_family=") && !/^(?:socket|send|getsockopt|setsockopt|getcwd)/.test(call)) {
      for (const path of paths(call, args, cwd)) touched.add(`${access(call, args)} ${path}`);
    }
  }
  return [...touched].sort();
}

function networkTouch(call: string, args: string): string | undefined {
  const family = /^(?:socket|socketpair)$/.test(call) ? /^\w+/.exec(args)?.[0] : undefined;
  if (family !== undefined) return ADDRESSED_FAMILIES.includes(family) ? undefined : `socket ${family}`;
  const what = call === "bind" ? "bind" : "connect"; // sending to an address is no less
  const unix = /sun_path=(@?"[^"]*")/.exec(args)?.[1];
  if (unix !== undefined) return `${what} unix:${unix.replaceAll('"', "")}`;
  for (const regexp of ADDRESS_REGEXPS) {
    const { host, port } = regexp.exec(args)?.groups ?? {};
    if (host !== undefined) return `${what} ${host.includes(":") ? `[${host}]` : host}:${port}`;
  }
}

function access(call: string, args: string): "read" | "write" | "execute" {
  if (/^execve/.test(call)) return "execute";
  const writes = WRITING_CALLS_REGEXP.test(call) || (/^open/.test(call) && WRITE_FLAGS_REGEXP.test(args));
  return writes ? "write" : "read";
}

function paths(call: string, args: string, cwd: string): string[] {
  const strings = [...args.matchAll(STRING_REGEXP)].slice(0, TWO_PATHS_REGEXP.test(call) ? 2 : 1);
  return strings.filter(([, , path]) => path !== "").map(([, dir = cwd, path = ""]) => resolve(dir, path));
}
