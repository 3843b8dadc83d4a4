import { runCommand } from "../support/run_command.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Returns the path of the bundle: the one that `PEILI_TEST_BUNDLE` names, else one that is made now. */
export async function testBundle(dir: string): Promise<string> {
  const named = Deno.env.get("PEILI_TEST_BUNDLE");
  if (named) return await Deno.realPath(named);
  const path = `${dir}/peili.js`;
  await runCommand(Deno.execPath(), ["bundle", "--quiet", "--platform=deno", `--output=${path}`, "src/cli/main.ts"], {
    cwd: ROOT,
  });
  return path;
}
