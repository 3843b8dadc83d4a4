/** What a run of the command line came to. */
export interface CliResult {
  /** The exit code. */
  code: number;
  /** What it printed. */
  stdout: string;
  /** What it printed on standard error. */
  stderr: string;
}

/** How long a command may take, in milliseconds. */
const TIMEOUT_MS = 30_000;

/** Runs the real command line to its end. */
export async function runCli(args: readonly string[], env: Record<string, string> = {}): Promise<CliResult> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "-A", "src/cli/main.ts", ...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
