import type { Facts } from "../facts/facts.ts";
import { dumpCommand } from "../facts/pull_facts.ts";
import { finding, notChecked, ok, type Result } from "../result.ts";

/** How much later than containerd's start a file may have been changed, in milliseconds: clocks of file systems vary. */
const SLACK_MS = 2_000;

/** Whether drop-ins are loaded, and whether containerd runs with what is on the disk. */
export async function checkConfigFiles(facts: Facts): Promise<Result[]> {
  const { config, options } = facts;
  if (config.state !== "seen") {
    const what = config.problem ?? `${config.path}: it cannot be seen from here`;
    return [
      notChecked("drop-ins", what, dumpCommand(facts)),
      notChecked("config-loaded", what, `ls -l ${config.path} ${options.containerdSock}`),
    ];
  }
  return [dropInsResult(facts), await loadedResult(facts)];
}

function dropInsResult({ config, options }: Facts): Result {
  const stray = config.notImported.filter(({ hasPlugin }) => hasPlugin);
  if (stray.length === 0) {
    const others = config.files.length - 1;
    return ok("drop-ins", others === 0 ? "no other files are imported" : `${others} more files are imported`);
  }
  const dir = stray[0]?.path.replace(/\/[^/]*$/, "");
  return finding("drop-ins", {
    what: `${stray.map(({ path }) => path).join(", ")}: containerd does not load it`,
    why: `${config.path} does not import it. Only a generated file does so by itself.`,
    fix: [
      `At the top of ${options.distribution.changeIn ?? config.path}:`,
      `  imports = ["${dir}/*.toml"]`,
      `Then: ${options.distribution.restart}`,
    ],
  });
}

async function loadedResult({ config, options }: Facts): Promise<Result> {
  const socket = await Deno.stat(options.containerdSock).catch(() => undefined); // made anew at each start
  const startedMs = socket?.mtime?.getTime();
  const command = `ls -l --time-style=full-iso ${config.path} ${options.containerdSock}`;
  if (startedMs === undefined) return notChecked("config-loaded", `${options.containerdSock} cannot be seen`, command);
  const newer = config.files.filter(({ changedMs }) => changedMs > startedMs + SLACK_MS);
  if (newer.length === 0) return ok("config-loaded", "no file has changed since containerd started");
  return finding("config-loaded", {
    what: `${newer.map(({ path }) => path).join(", ")} changed after containerd had started`,
    why: "containerd reads its own configuration only when it starts (hosts.toml files at every pull).",
    fix: [`Run: ${options.distribution.restart}`],
  });
}
