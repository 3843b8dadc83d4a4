const ENTRYPOINT_REGEXP = /^ENTRYPOINT (\[.*\])$/m;

/**
 * Reads the command that the image starts with.
 *
 * @throws {SyntaxError} If the Containerfile has no ENTRYPOINT in the form of a list.
 */
export async function readEntrypoint(): Promise<string[]> {
  const text = await Deno.readTextFile(new URL("../../Containerfile", import.meta.url));
  const list = ENTRYPOINT_REGEXP.exec(text.replaceAll("\\\n", ""))?.[1];
  if (list === undefined) throw new SyntaxError("Cannot read Containerfile: it has no ENTRYPOINT as a list");
  return JSON.parse(list);
}
