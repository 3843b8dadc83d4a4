/**
 * A cluster of kind to work on Peili in: `deno task dev`. Makes or reuses it, installs the chart with an image of the
 * sources, shows a pull that another node serves, follows the logs, and does that again whenever a source changes.
 * `kind delete cluster --name peili` removes all of it.
 *
 * @module
 */
import { deploy, followLogs, makeCluster, showPull } from "./cluster.ts";
import { missingPrograms, run } from "./programs.ts";

/** Changes within this time are one change, in milliseconds: editors write several files at once. */
const SETTLE_MS = 500;

/** The exit code of a program that cannot do its work here. */
const EXIT_MISSING = 1;

/** Tells what is missing, and offers what needs none of it. */
async function offerDemo(missing: readonly string[]): Promise<number> {
  console.error("A cluster of kind cannot be made here:");
  for (const line of missing) console.error(`  - ${line}`);
  console.error("The local demo needs none of that: deno task demo");
  if (!Deno.stdin.isTerminal() || !confirm("Run it now?")) return EXIT_MISSING;
  await run(Deno.execPath(), "task", "demo");
  return 0;
}

/** Yields once for all changes that come together. */
async function* changes(paths: readonly string[]): AsyncGenerator<void> {
  using watcher = Deno.watchFs([...paths]);
  let changed = false;
  const events = watcher[Symbol.asyncIterator]();
  for (;;) {
    const next = events.next().then((): "event" => "event");
    while (await Promise.race([next, settled(changed)]) === "settled") {
      changed = false;
      yield;
    }
    changed = true;
  }
}

/** Ends after a while if there is something to tell, else never. */
function settled(changed: boolean): Promise<"settled"> {
  return new Promise((resolve) => changed && setTimeout(() => resolve("settled"), SETTLE_MS));
}

async function work(): Promise<void> {
  await makeCluster();
  await deploy(tagNow());
  await showPull();
  let logs = followLogs();
  for await (const _change of changes(["src", "deploy/helm", "Containerfile"])) {
    logs.kill();
    await logs.status;
    await deploy(tagNow()).catch((reason) => console.error(reason.message)); // the next change may mend it
    logs = followLogs();
  }
}

function tagNow(): string {
  return `dev-${Date.now()}`;
}

if (import.meta.main) {
  const missing = await missingPrograms();
  if (missing.length > 0) Deno.exit(await offerDemo(missing));
  await work();
}
