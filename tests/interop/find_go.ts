import { toolsDir } from "../integration/setup/tools.ts";

/** The oldest Go that builds the node of this folder. */
export const GO_MINOR_MIN = minorOf(await Deno.readTextFile(new URL("go_node/go.mod", import.meta.url)), "go ");

/** Where a Go that was fetched is unpacked. */
export function unpackedGoDir(): string {
  return `${toolsDir()}/go`;
}

/**
 * Finds a Go that is new enough: the machine's own, or the one that was fetched.
 *
 * @returns The program, or in words why there is none.
 */
export async function findGo(): Promise<{ program?: string; missing?: string }> {
  const needed = `the tests against Go nodes need Go 1.${GO_MINOR_MIN} or newer`;
  let missing = `${needed}, here is none`;
  for (const program of ["go", ...unpackedPrograms()]) {
    try {
      const { stdout } = await new Deno.Command(program, { args: ["env", "GOVERSION"], stderr: "null" }).output();
      const version = new TextDecoder().decode(stdout).trim();
      if (minorOf(version, "go") >= GO_MINOR_MIN) return { program };
      missing = `${needed}, here is ${version}`;
    } catch {
      continue; // not there
    }
  }
  return { missing };
}

/** The programs of the unpacked packages, each of which is for one version. */
function unpackedPrograms(): string[] {
  const lib = `${unpackedGoDir()}/usr/lib`;
  try {
    return [...Deno.readDirSync(lib)].map(({ name }) => `${lib}/${name}/bin/go`).toSorted().toReversed();
  } catch {
    return []; // nothing was fetched
  }
}

function minorOf(text: string, prefix: string): number {
  return Number(new RegExp(`^${prefix}1\\.(\\d+)`, "m").exec(text)?.[1] ?? 0);
}
