/**
 * Returns the lines that make containerd read the certificates of a directory that has no `hosts.toml` yet.
 *
 * Without that file containerd takes every `*.crt` of the directory as an authority, and every `*.cert` with the
 * `*.key` of the same name as a client certificate, as Docker does. With the file it reads only what the file names.
 *
 * @param names The names in the directory.
 * @returns Top-level lines, which apply to the registry itself; empty without certificates.
 */
export function certificateLines(names: readonly string[]): string {
  const ca = names.filter((name) => name.endsWith(".crt")).map(quote);
  const client = names
    .filter((name) => name.endsWith(".cert"))
    .map((name) => [name, name.replace(/cert$/, "key")])
    .filter(([, key = ""]) => names.includes(key))
    .map((pair) => `[${pair.map(quote).join(", ")}]`);
  return [
    ca.length > 0 ? `ca = [${ca.join(", ")}]\n` : "",
    client.length > 0 ? `client = [${client.join(", ")}]\n` : "",
  ].join("");
}

/** A JSON string is a TOML string, but for the one control character that JSON leaves as it is. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll("\x7f", "\\u007f");
}
