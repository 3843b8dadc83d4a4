import { runCommand } from "./run_command.ts";

const BUNDLE = new URL("../../dist/peili.js", import.meta.url).pathname;

/** Makes a bundle and lets nodes run it, unless `PEILI_TEST_BUNDLE` names one: they start in half the time. */
export async function useBundle(): Promise<void> {
  if (Deno.env.get("PEILI_TEST_BUNDLE")) return;
  await runCommand(Deno.execPath(), ["task", "--quiet", "bundle"]);
  Deno.env.set("PEILI_TEST_BUNDLE", BUNDLE);
}
