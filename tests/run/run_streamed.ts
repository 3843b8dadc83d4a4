import type { CommandEnd } from "./count_results.ts";

/** The exit code of a command that was stopped because it took too long, as `timeout` has it. */
const TIMED_OUT = 124;

/** How much of the output is kept for the summary, which comes last, in characters. */
const TAIL_CHARACTERS = 64 * 1024;

/** How {@linkcode runStreamed} runs. */
export interface RunStreamedOptions {
  /** When the command is killed, in milliseconds. */
  timeoutMs: number;
  /** Passes the output on. @default to the standard output */
  write?: (chunk: Uint8Array) => Promise<unknown>;
}

/**
 * Runs a command, passes on what it prints while it prints it, and keeps the end of it.
 *
 * A command that cannot be started ends with code 127.
 */
export async function runStreamed(
  [program, ...args]: readonly [string, ...string[]],
  options: RunStreamedOptions,
): Promise<CommandEnd> {
  const { timeoutMs, write = (chunk) => Deno.stdout.write(chunk) } = options;
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, { args, stdin: "null", stdout: "piped", stderr: "inherit" }).spawn();
  } catch (reason) {
    return { output: String(reason), code: 127 };
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of child.stdout) {
    await write(chunk);
    output = (output + decoder.decode(chunk, { stream: true })).slice(-TAIL_CHARACTERS);
  }
  const { code } = await child.status;
  clearTimeout(timer);
  return { output, code: timedOut ? TIMED_OUT : code };
}
