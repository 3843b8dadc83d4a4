/** How {@linkcode runCommand} runs. */
export interface RunCommandOptions {
  /** More environment variables. */
  env?: Record<string, string>;
  /** What the program reads on its standard input. @default {""} */
  stdin?: string;
  /** When the program is killed, in milliseconds. @default {120_000} */
  timeoutMs?: number;
  /** The working directory. */
  cwd?: string;
}

/** How much of what a program printed an error repeats: the end says why. */
const OUTPUT_MAX_CHARS = 2_000;
/** How much of a command line an error repeats. */
const COMMAND_MAX_CHARS = 200;

/**
 * Runs a program to its end.
 *
 * @returns What it printed on its standard output.
 * @throws {Error} If it does not exist, does not end in time, or ends with anything but 0; the text has its errors.
 */
export async function runCommand(command: string, args: string[], options: RunCommandOptions = {}): Promise<string> {
  const { env, stdin = "", timeoutMs = 120_000, cwd } = options;
  const child = new Deno.Command(command, {
    args,
    env,
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(timeoutMs),
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin)).then(() => writer.close()).catch(() => {}); // it need not read it
  const { code, signal, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  if (code !== 0) {
    const why = signal === null ? `code ${code}` : `signal ${signal}`;
    const text = `${decoder.decode(stdout)}${decoder.decode(stderr)}`.trim().slice(-OUTPUT_MAX_CHARS);
    const line = [command, ...args].join(" ").slice(0, COMMAND_MAX_CHARS);
    throw new Error(`Cannot run "${line}": it ended with ${why}\n${text}`);
  }
  return decoder.decode(stdout);
}
