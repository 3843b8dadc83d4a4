import { missingForDeploy, missingForImage } from "../deploy/setup/missing.ts";
import { missingForIntegration } from "../integration/setup/missing.ts";
import { missingGo } from "./missing_go.ts";

/** What a suite cannot do without. */
export interface Requirement {
  /** Tells in one line what is missing, if anything. */
  missing(): Promise<string | undefined>;
  /** Brings what is missing, on a machine where that is possible. */
  setUp?: readonly [string, ...string[]];
}

/** A part of the tests. */
export interface Suite {
  /** What it is called on the command line. */
  name: string;
  /** What is run: a program and its arguments. It prints the summary of `deno test`. */
  command: readonly [string, ...string[]];
  /** When it is stopped, in minutes. */
  timeoutMinutes: number;
  /** What it needs beyond Deno. */
  needs?: Requirement;
  /** Suites of one such name that follow each other run at the same time: they wait more than they work. */
  beside?: string;
  /** Whether it starts so many nodes that they had better run the bundle, which starts in half the time. */
  bundled?: boolean;
}

const DENO = Deno.execPath();
const LOOPBACK = "--allow-net=127.0.0.0/8,[::1],[::],0.0.0.0,localhost";
const TEMPORARY = `--allow-write=tests/tmp,dist,${Deno.env.get("TMPDIR") ?? "/tmp"}`;

/** Suites of tests that need little: their folders, and all that they may do. */
const NARROW: Record<string, { folders: readonly string[]; flags: readonly string[] }> = {
  pure: { folders: ["core", "oci", "rules"], flags: ["--allow-read=src"] },
  http: {
    folders: ["http", "metrics", "registry", "transfer"],
    flags: [LOOPBACK, "--allow-env", "--allow-read", `--allow-run=${DENO}`],
  },
  // Scoped permissions to write do not suffice to make symbolic links.
  hosts: {
    folders: ["hosts"],
    flags: [LOOPBACK, "--allow-read", "--allow-write", "--allow-sys", "--allow-env", "--allow-run"],
  },
  // The path of a socket in a temporary directory cannot be named beforehand.
  store: {
    folders: ["store", "retain"],
    flags: ["--allow-net", "--allow-read", "--allow-write", "--allow-sys=statfs", "--ignore-env"],
  },
};

/** What the tests of the other folders may do: start programs and write temporary files, on this machine only. */
const LOCAL_FLAGS = [LOOPBACK, TEMPORARY, "--allow-read", "--allow-run", "--allow-env", "--allow-sys"];

/** Folders whose tests build a program of Go. */
const GO_FOLDERS = ["interop"];
/** Suites of one folder each whose tests take the whole machine: those that need root leave themselves out. */
const HEAVY = ["chaos", "demo"];
/** What the example of the library may do. */
const EXAMPLE_FLAGS = ["--doc", LOOPBACK, "--ignore-env"];

/** Folders whose tests need root, network namespaces and containerd. */
const ROOT_FOLDERS = ["integration", "permissions", "start_order"];
/** Those that look at one node, or at a containerd alone. Pulls between nodes are in the rest of `tests/integration`. */
const DOCTOR_FOLDERS = ["integration/doctor"];
const SYSTEM_FOLDERS = ["integration/store", "permissions", "start_order"];
/** The folder whose tests have many nodes of that kind: they take the whole machine, and minutes. */
const CLUSTER_FOLDER = "cluster";

const GO: Requirement = { missing: missingGo, setUp: [DENO, "run", "-A", "tests/interop/setup.ts"] };

const INTEGRATION: Requirement = {
  missing: missingForIntegration,
  setUp: [DENO, "run", "-A", "tests/integration/setup.ts"],
};

/** What is rendered: programs of Go that are built here, and Prometheus. */
const DEPLOY: Requirement = { missing: missingForDeploy, setUp: [DENO, "run", "-A", "tests/deploy/setup.ts"] };

/** The image, and rendered pods on real containerd. */
const IMAGE: Requirement = { missing: missingForImage, setUp: [DENO, "run", "-A", "tests/image/setup.ts"] };

/** Lists the suites in the order in which they run: the fast ones first. */
export function suites(): Suite[] {
  const narrow = Object.entries(NARROW).map(([name, { folders, flags }]) =>
    denoTest(name, { folders: folders.filter(hasTests), flags: ["--parallel", ...flags] })
  );
  const narrowed = Object.values(NARROW).flatMap(({ folders }) => folders);
  const taken = [...narrowed, ...GO_FOLDERS, ...HEAVY, ...ROOT_FOLDERS, CLUSTER_FOLDER, "deploy", "image"];
  const others = [...Deno.readDirSync("tests")].filter((entry) => entry.isDirectory).map(({ name }) => name)
    .filter((name) => !taken.includes(name) && hasTests(name)).sort();
  return [
    ...narrow,
    { name: "example", command: [DENO, "test", "--no-prompt", ...EXAMPLE_FLAGS, "mod.ts"], timeoutMinutes: 1 },
    denoTest("local", { folders: others, flags: ["--parallel", ...LOCAL_FLAGS] }),
    { ...denoTest("interop", { folders: GO_FOLDERS, flags: LOCAL_FLAGS }), needs: GO },
    ...rootSuites(),
    { ...denoTest("deploy", { folders: ["deploy"], flags: LOCAL_FLAGS }), timeoutMinutes: 8, needs: DEPLOY },
    { ...denoTest("image", { folders: ["image"], flags: ["-A"] }), timeoutMinutes: 15, needs: IMAGE, bundled: true },
    ...HEAVY.filter(hasTests).map((name) => denoTest(name, { folders: [name], flags: LOCAL_FLAGS })),
  ];
}

/** Lists the suites that need root, network namespaces and containerd. */
function rootSuites(): Suite[] {
  const suite = (name: string, folders: readonly string[], ...flags: string[]): Suite => ({
    ...denoTest(name, { folders, flags: ["-A", ...flags] }),
    timeoutMinutes: 25,
    needs: INTEGRATION,
    bundled: true,
  });
  const apart = [...DOCTOR_FOLDERS, ...SYSTEM_FOLDERS].map((folder) => `tests/${folder}`);
  return [
    suite("integration", ["integration"], `--ignore=${apart.join(",")}`),
    { ...suite("doctor", DOCTOR_FOLDERS), beside: "system" },
    { ...suite("system", SYSTEM_FOLDERS), beside: "system" },
    suite("cluster", [CLUSTER_FOLDER]),
  ];
}

function denoTest(name: string, options: { folders: readonly string[]; flags: readonly string[] }): Suite {
  const folders = options.folders.map((folder) => `tests/${folder}`);
  return {
    name,
    command: [DENO, "test", "--no-prompt", ...options.flags, ...folders],
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
