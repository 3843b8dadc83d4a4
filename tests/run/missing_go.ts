/** The oldest Go that builds the node of `tests/interop`. */
const GO_MINOR_MIN = minorOf(await Deno.readTextFile(new URL("../interop/go_node/go.mod", import.meta.url)), "go ");

/**
 * Tells in one line why the tests against Go nodes cannot run here.
 *
 * @returns `undefined` when they can.
 */
export async function missingGo(): Promise<string | undefined> {
  const needed = `the tests against Go nodes need Go 1.${GO_MINOR_MIN} or newer`;
  try {
    const { stdout } = await new Deno.Command("go", { args: ["env", "GOVERSION"], stderr: "null" }).output();
    const version = new TextDecoder().decode(stdout).trim();
    return minorOf(version, "go") >= GO_MINOR_MIN ? undefined : `${needed}, here is ${version}`;
  } catch {
    return `${needed}, here is none`;
  }
}

function minorOf(text: string, prefix: string): number {
  return Number(new RegExp(`^${prefix}1\\.(\\d+)`, "m").exec(text)?.[1] ?? 0);
}
