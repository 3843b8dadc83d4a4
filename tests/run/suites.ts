import { missingForIntegration } from "../integration/setup/missing.ts";
import { type CommandEnd, countCommand, countDenoTest, type Results } from "./count_results.ts";

/** What a suite cannot do without. */
export interface Requirement {
  /** Tells in one line what is missing, if anything. */
  missing(): Promise<string | undefined>;
  /** Brings what is missing, where this machine can have it. */
  setUp: readonly [string, ...string[]];
}

/** A part of the tests. */
export interface Suite {
  /** What it is called on the command line. */
  name: string;
  /** What is run: a program and its arguments. */
  command: readonly [string, ...string[]];
  /** Counts what came of it. */
  count(end: CommandEnd): Results;
  /** When it is stopped, in minutes. */
  timeoutMinutes: number;
  /** What it needs beyond Deno. */
  needs?: Requirement;
}

const DENO = Deno.execPath();
const LOOPBACK = "--allow-net=127.0.0.1,127.0.0.2,[::1],[::],0.0.0.0,localhost";
const TEMPORARY = `--allow-write=tests/tmp,dist,${Deno.env.get("TMPDIR") ?? "/tmp"}`;

/** Suites of tests that need little: their folders, and all that they may do. */
const NARROW: Record<string, { folders: readonly string[]; flags: readonly string[] }> = {
  pure: { folders: ["core", "oci", "rules"], flags: ["--allow-read=src"] },
  http: {
    folders: ["http", "metrics", "registry", "transfer"],
    flags: [LOOPBACK, "--allow-env", "--allow-read", `--allow-run=${DENO}`],
  },
  // Scoped permissions to write do not suffice to make symbolic links.
  hosts: { folders: ["hosts"], flags: ["--allow-read", "--allow-write", "--allow-sys"] },
  // The path of a socket in a temporary directory cannot be named beforehand.
  store: { folders: ["store"], flags: ["--allow-net", "--allow-read", TEMPORARY, "--ignore-env"] },
};

/** What the tests of the other folders may do: start programs and write temporary files, on this machine only. */
const LOCAL_FLAGS = [LOOPBACK, TEMPORARY, "--allow-read", "--allow-run", "--allow-env", "--allow-sys"];

/** Folders whose tests need root, network namespaces and containerd. */
const ROOT_FOLDERS = ["integration", "permissions"];

const INTEGRATION: Requirement = {
  missing: missingForIntegration,
  setUp: [DENO, "run", "-A", "tests/integration/setup.ts"],
};

/** Lists the suites in the order in which they run: the fast ones first. */
export function suites(): Suite[] {
  const narrow = Object.entries(NARROW).map(([name, { folders, flags }]) =>
    denoTest(name, { folders: folders.filter(hasTests), flags: ["--parallel", ...flags] })
  );
  const taken = [...ROOT_FOLDERS, ...Object.values(NARROW).flatMap(({ folders }) => folders)];
  const others = [...Deno.readDirSync("tests")].filter((entry) => entry.isDirectory).map(({ name }) => name)
    .filter((name) => !taken.includes(name) && hasTests(name)).sort();
  return [
    ...narrow,
    denoTest("local", { folders: others, flags: ["--parallel", ...LOCAL_FLAGS] }),
    { ...denoTest("integration", { folders: ROOT_FOLDERS, flags: ["-A"] }), timeoutMinutes: 15, needs: INTEGRATION },
    { name: "demo", command: [DENO, "task", "demo"], count: countCommand, timeoutMinutes: 3 },
  ];
}

function denoTest(name: string, options: { folders: readonly string[]; flags: readonly string[] }): Suite {
  const folders = options.folders.map((folder) => `tests/${folder}`);
  return {
    name,
    command: [DENO, "test", "--no-prompt", ...options.flags, ...folders],
    count: countDenoTest,
    timeoutMinutes: 5,
  };
}

function hasTests(folder: string): boolean {
  return listFiles(`tests/${folder}`).some((path) => path.endsWith("_test.ts"));
}

function listFiles(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? listFiles(`${folder}/${name}`) : [`${folder}/${name}`]
  );
}
