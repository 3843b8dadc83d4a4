/**
 * Runs the tests: `deno task test`, or `deno task test <suite>…` for some of the suites.
 *
 * Where this machine cannot run a suite, one line says what is missing. With `CI=true` nothing may be left out. The
 * end tells once more what failed, then each suite; the last line is `N passed, M failed`, over all of them. The exit
 * code is 1 if a test failed.
 *
 * @module
 */
import { countDenoTest, type Results } from "./run/count_results.ts";
import { describeFailures } from "./run/describe_failures.ts";
import { useBundle } from "./support/use_bundle.ts";
import { runStreamed } from "./run/run_streamed.ts";
import { type Suite, suites } from "./run/suites.ts";

const MINUTE_MS = 60_000;

/** How long bringing what a suite needs may take, in milliseconds. */
const SET_UP_TIMEOUT_MS = 10 * MINUTE_MS;

/** What came of a suite. */
interface Outcome extends Results {
  name: string;
  seconds: number;
  /** Why it was left out. */
  leftOut?: string;
  /** What was said of the tests that failed. */
  failures?: string;
}

const inCi = Deno.env.get("CI") === "true";

/** Tells why a suite cannot run here, after trying to bring what it needs. */
async function leftOut({ name, needs }: Suite): Promise<string | undefined> {
  const missing = await needs?.missing();
  if (missing === undefined || !needs?.setUp || !canSetUp()) return missing;
  console.log(`${name}: ${missing}`);
  await runStreamed(needs.setUp, { timeoutMs: SET_UP_TIMEOUT_MS });
  return await needs.missing();
}

/** Root on Debian can install what is missing. */
function canSetUp(): boolean {
  try {
    return Deno.build.os === "linux" && Deno.uid() === 0 && Deno.statSync("/etc/debian_version").isFile;
  } catch {
    return false;
  }
}

/** Runs a suite that nothing is missing for. */
async function run(
  { name, command, timeoutMinutes }: Suite,
  { startMs, write }: { startMs: number; write?: (chunk: Uint8Array) => Promise<unknown> },
): Promise<Outcome> {
  const end = await runStreamed(command, { timeoutMs: timeoutMinutes * MINUTE_MS, write });
  if (end.code !== 0) console.log(`${name} ended with code ${end.code}: ${command.join(" ")}`);
  const results = countDenoTest(end);
  // A test that leaves itself out was not run either.
  return {
    name,
    ...results,
    failed: results.failed + (inCi ? results.ignored : 0),
    seconds: secondsSince(startMs),
    failures: end.code === 0 ? undefined : describeFailures(end),
  };
}

/** Runs suites at the same time. What the first one prints is shown while it runs, the rest afterwards. */
async function runBeside(group: readonly Suite[]): Promise<Outcome[]> {
  const startMs = performance.now();
  console.log(`\n=== ${group.map(({ name }) => name).join(", ")}`);
  const outcomes: Outcome[] = [];
  const ready: Suite[] = [];
  for (const suite of group) {
    const why = await leftOut(suite);
    if (why === undefined) ready.push(suite);
    else outcomes.push(notRun(suite, { why, seconds: secondsSince(startMs) }));
  }
  if (ready.some(({ bundled }) => bundled)) await useBundle().catch((reason) => console.error(reason.message));
  const held = ready.slice(1).map((suite) => ({ suite, chunks: [] as Uint8Array<ArrayBuffer>[] }));
  const ran = await Promise.all([
    ...ready.slice(0, 1).map((suite) => run(suite, { startMs })),
    ...held.map(({ suite, chunks }) =>
      run(suite, { startMs, write: (chunk) => Promise.resolve(chunks.push(chunk.slice())) })
    ),
  ]);
  for (const { suite, chunks } of held) console.log(`\n=== ${suite.name}\n${await new Blob(chunks).text()}`);
  return [...outcomes, ...ran];
}

function notRun({ name }: Suite, { why, seconds }: { why: string; seconds: number }): Outcome {
  console.log(`${name} is left out: ${why}`);
  return { name, passed: 0, failed: inCi ? 1 : 0, ignored: 0, seconds, leftOut: why };
}

function secondsSince(startMs: number): number {
  return Math.round((performance.now() - startMs) / 1_000);
}

/** Puts suites that run at the same time together. */
function grouped(all: readonly Suite[]): Suite[][] {
  const groups: Suite[][] = [];
  for (const suite of all) {
    const last = groups.at(-1);
    if (suite.beside !== undefined && last?.[0]?.beside === suite.beside) last.push(suite);
    else groups.push([suite]);
  }
  return groups;
}

function describe({ name, passed, failed, ignored, seconds, leftOut }: Outcome): string {
  const results = leftOut === undefined
    ? `${passed} passed, ${failed} failed${ignored > 0 ? `, ${ignored} left out` : ""} in ${seconds} s`
    : `left out: ${leftOut}`;
  return `${name.padEnd(12)} ${results}`;
}

async function main(names: readonly string[]): Promise<number> {
  const all = suites();
  const unknown = names.find((name) => !all.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    console.error(`Cannot run suite "${unknown}": there are ${all.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  const outcomes: Outcome[] = [];
  const wanted = all.filter(({ name }) => names.length === 0 || names.includes(name));
  for (const group of grouped(wanted)) outcomes.push(...await runBeside(group));
  for (const { name, failures } of outcomes) if (failures) console.log(`\n=== ${name} failed\n${failures}`);
  console.log(`\n=== summary\n${outcomes.map(describe).join("\n")}`);
  const sum = (pick: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + pick(outcome), 0);
  console.log(`${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed`);
  return outcomes.some(({ failed }) => failed > 0) ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
