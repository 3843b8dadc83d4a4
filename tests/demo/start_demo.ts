import assert from "@std/assert";
import { runCommand } from "../support/run_command.ts";
import { until } from "../support/until.ts";

/** The whole demo has to end within a minute, also on a busy machine. */
export const DEMO_MS = 60_000;
/** How long the last of the processes may live on, in milliseconds: the shells beside them look once a second. */
const GONE_MS = 5_000;

const ROOT = new URL("../..", import.meta.url).pathname;

/** A demo that runs, as people start it, with a directory for temporary files of its own. */
export interface RunningDemo extends AsyncDisposable {
  /** Everything that it has written on standard output so far. */
  output(): string;
  /** Asks it to end. */
  signal(name: Deno.Signal): void;
  /** Waits for its end. */
  ended(): Promise<{ code: number; errors: string }>;
  /** Checks that neither files nor processes of it are left. */
  leftNothing(): Promise<void>;
}

/**
 * Starts the demo by its task.
 *
 * @param args What follows `deno task demo`.
 */
export async function startDemo(...args: string[]): Promise<RunningDemo> {
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
