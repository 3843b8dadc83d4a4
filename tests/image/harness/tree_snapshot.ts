import { createHash } from "node:crypto";

/** Describes everything in a directory: kind, mode, owner, and content or target, one line each. */
export async function treeSnapshot(dir: string, prefix: string = "."): Promise<string[]> {
  const info = await Deno.lstat(dir);
  const mode = ((info.mode ?? 0) & 0o7777).toString(8);
  const owner = `${info.uid}:${info.gid}`;
  if (info.isSymlink) return [`${prefix} -> ${await Deno.readLink(dir)} ${owner}`];
  if (!info.isDirectory) {
    const hash = createHash("sha256").update(await Deno.readFile(dir)).digest("hex");
    return [`${prefix} ${mode} ${owner} ${info.mtime?.toISOString()} ${hash}`];
  }
  const names = (await Array.fromAsync(Deno.readDir(dir), ({ name }) => name)).sort();
  const below = await Promise.all(names.map((name) => treeSnapshot(`${dir}/${name}`, `${prefix}/${name}`)));
  return [`${prefix}/ ${mode} ${owner}`, ...below.flat()];
}
