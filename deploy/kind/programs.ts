/** A program that a cluster of kind needs, and what it is needed for. */
interface Program {
  name: string;
  /** Arguments with which it only says what it is. */
  probe: readonly string[];
  why: string;
}

const PROGRAMS: readonly Program[] = [
  { name: "docker", probe: ["info", "--format={{.ServerVersion}}"], why: "runs the nodes, and builds the image" },
  { name: "kind", probe: ["version"], why: "makes the cluster" },
  { name: "kubectl", probe: ["version", "--client"], why: "follows the logs" },
  { name: "helm", probe: ["version", "--short"], why: "installs the chart" },
];

/** Returns what is missing, one line each. */
export async function missingPrograms(): Promise<string[]> {
  const lines = await Promise.all(PROGRAMS.map(missingProgram));
  return lines.filter((line) => line !== undefined);
}

async function missingProgram({ name, probe, why }: Program): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command(name, { args: [...probe], stdout: "null", stderr: "piped" })
      .output();
    if (success) return undefined;
    const [said = ""] = new TextDecoder().decode(stderr).trim().split("\n");
    return `${name} does not work (${why}): ${said}`;
  } catch (reason) {
    if (reason instanceof Deno.errors.NotFound) return `${name} is not installed (${why})`;
    throw reason;
  }
}

/**
 * Runs a program to its end, and shows what it prints.
 *
 * @throws {Error} If it ends with anything but 0.
 */
export async function run(name: string, ...args: string[]): Promise<void> {
  console.log(`$ ${[name, ...args].join(" ")}`);
  const { code } = await new Deno.Command(name, { args, stdin: "null" }).spawn().status;
  if (code !== 0) throw new Error(`Cannot run "${name} ${args[0] ?? ""}": it ended with code ${code}`);
}

/**
 * Runs a program to its end and returns what it prints.
 *
 * @throws {Error} If it ends with anything but 0.
 */
export async function read(name: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(name, { args, stdin: "null" }).output();
  const decoder = new TextDecoder();
  if (code === 0) return decoder.decode(stdout);
  throw new Error(`Cannot run "${name} ${args[0] ?? ""}": it ended with code ${code}\n${decoder.decode(stderr)}`);
}
