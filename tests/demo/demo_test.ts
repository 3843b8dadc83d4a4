import assert from "@std/assert";
import { httpText } from "../support/http_text.ts";
import { runCommand } from "../support/run_command.ts";
import { until } from "../support/until.ts";

/** The whole demo has to end within a minute, also on a busy machine. */
const DEMO_MS = 60_000;
/** How long the helpers of processes that were stopped may live on, in milliseconds. */
const GONE_MS = 5_000;

const ROOT = new URL("../..", import.meta.url).pathname;

/** A demo that runs, as people start it, with a directory for temporary files of its own. */
interface RunningDemo extends AsyncDisposable {
  /** Everything that it has written on standard output so far. */
  output(): string;
  /** Asks it to end. */
  signal(name: Deno.Signal): void;
  /** Waits for its end. */
  ended(): Promise<{ code: number; errors: string }>;
  /** Checks that neither files nor processes of it are left. */
  leftNothing(): Promise<void>;
}

async function startDemo(...args: string[]): Promise<RunningDemo> {
  await using parts = new AsyncDisposableStack();
  const tmp = await Deno.makeTempDir({ prefix: "peili-demo-test-" });
  parts.defer(() => Deno.remove(tmp, { recursive: true }));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "demo", ...args],
    cwd: ROOT,
    env: { TMPDIR: tmp },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(DEMO_MS),
  }).spawn();
  let output = "";
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) output += text;
  })();
  const errors = new Response(child.stderr).text();
  parts.defer(async () => void await Promise.all([child.status, reading, errors]));
  const owned = parts.move();
  return {
    output: () => output,
    signal: (name) => child.kill(name),
    async ended() {
      const { code } = await child.status;
      await reading;
      return { code, errors: await errors };
    },
    async leftNothing() {
      assert.deepEqual(Array.from(Deno.readDirSync(tmp), ({ name }) => name), []);
      await until("the end of all processes", async () => {
        return !(await runCommand("ps", ["-eo", "args"])).includes(tmp);
      }, { timeoutMs: GONE_MS });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

Deno.test("the demo pulls five times with one copy from upstream, and leaves nothing behind", async () => {
  await using demo = await startDemo();
  const { code, errors } = await demo.ended();
  const output = demo.output();
  assert.equal(code, 0, `${output}${errors}`);
  assert.match(output, /^Peili: three nodes/);
  assert.match(output, /Upstream served 124\.0 MiB: 1 copy of the image\./);
  assert.match(output, /Without a mirror: 5 copies, 620\.1 MiB; 2 of the pulls would have failed\./);
  assert.equal(output.match(/✓ 124\.0 MiB in .+; every digest is right/g)?.length, 5);
  assert.match(output, /node \d serves layer 1: killed with SIGKILL when node 3 had the first 16\.0 MiB of it/);
  assert.match(output, /layer 1 .+ node \d, 0\.0 – (\d+\.\d) MiB\n +node \d, \1 – 64\.0 MiB/);
  assert.doesNotMatch(output, /\p{Cc}(?<!\n)/u);
  assert.doesNotMatch(output, /✗/);
  await demo.leftNothing();
});

Deno.test("the demo with --keep stays up until Ctrl-C, and leaves nothing behind then", async () => {
  await using demo = await startDemo("--keep");
  await until("the demo to stay up", () => demo.output().includes("until Ctrl-C"), { timeoutMs: DEMO_MS });
  const url = /curl -s (http:\S+\/metrics)/.exec(demo.output())?.[1] ?? "";
  assert.match(await httpText(url), /^peili_uploaded_bytes_total \d+/m);
  demo.signal("SIGINT");
  assert.equal((await demo.ended()).code, 0);
  await demo.leftNothing();
});

Deno.test("the demo ends when it is interrupted in the middle, and leaves nothing behind", async () => {
  await using demo = await startDemo();
  await until("the first pull", () => demo.output().includes("Pull 1"), { timeoutMs: DEMO_MS });
  demo.signal("SIGINT");
  assert.equal((await demo.ended()).code, 130);
  await demo.leftNothing();
});

Deno.test("the demo refuses what it does not know, in one line", async () => {
  await using demo = await startDemo("--kept");
  const { code, errors } = await demo.ended();
  assert.equal(code, 1);
  assert.match(errors, /^error: Cannot read the command line: .+\n$/);
});
