import { toolsDir } from "../../integration/setup/tools.ts";

/** How many sets of archives are kept, of 100 MB each: other tests may be using some of them now. */
const KEPT_MAX = 4;

/**
 * Returns archives that are kept from one test to the next, and makes them where they are not there.
 *
 * @param key Names what they are made from. Only those of the last few keys are kept.
 * @param names The names of the archives.
 * @param make Puts them into a directory.
 */
export async function keptArchives(
  key: string,
  names: readonly string[],
  make: (dir: string) => Promise<void>,
): Promise<string[]> {
  const root = `${toolsDir()}/image/archives`;
  const dir = `${root}/${key}`;
  const isKept = await Deno.stat(dir).then(() => true, () => false);
  if (!isKept) {
    await Deno.mkdir(root, { recursive: true });
    const unfinished = await Deno.makeTempDir({ dir: root });
    await make(unfinished);
    await Deno.rename(unfinished, dir);
    await removeOldest(root);
  }
  return names.map((name) => `${dir}/${name}`);
}

async function removeOldest(root: string): Promise<void> {
  const paths = (await Array.fromAsync(Deno.readDir(root))).map(({ name }) => `${root}/${name}`);
  const dated = await Promise.all(
    paths.map(async (path) => ({ path, at: (await Deno.stat(path)).mtime ?? new Date(0) })),
  );
  dated.sort((a, b) => b.at.getTime() - a.at.getTime());
  for (const { path } of dated.slice(KEPT_MAX)) await Deno.remove(path, { recursive: true });
}
