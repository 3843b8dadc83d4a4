import { HostFiles } from "../../src/doctor/facts/host_files.ts";
import { tempDir } from "../support/temp_dir.ts";

/** A root directory of a node, made for one test. Disposing of it removes it. */
export interface HostTree extends AsyncDisposable {
  /** Reads its files. */
  readonly files: HostFiles;
  /** Where it is. */
  readonly root: string;
}

/** Makes a root directory with these files. */
export async function hostTree(
  texts: Record<string, string>,
  options: { mounted?: string[] } = {},
): Promise<HostTree> {
  const dir = await tempDir();
  for (const [path, text] of Object.entries(texts)) {
    await Deno.mkdir(`${dir.path}${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${dir.path}${path}`, text);
  }
  const files = new HostFiles(dir.path, options.mounted);
  return { files, root: dir.path, [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose]() };
}
