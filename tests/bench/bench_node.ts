import { httpText } from "../support/http_text.ts";
import { runCommand } from "../support/run_command.ts";
import { spawnLogged } from "../support/logged_process.ts";
import { until } from "../support/until.ts";

/** A running node. */
export interface BenchNode extends AsyncDisposable {
  /** Its process. */
  readonly pid: number;
  /** Where a containerd would ask it, as `http://host:port`. */
  readonly origin: string;
  /** Where its metrics are, as a URL. */
  readonly metricsUrl: string;
}

/** What a node is started with. */
export interface BenchNodeOptions {
  /** The OCI image layout that it serves. */
  layoutDir: string;
  /** A directory for its data and its log. */
  dir: string;
  /** The port of loopback where it tells its own address. */
  bootstrapPort: number;
  /** The bootstrap port of a node that is to be its peer. */
  peerBootstrapPort?: number;
}

/** The program: the sources, or a bundle that `PEILI_TEST_BUNDLE` names. */
const PROGRAM = Deno.env.get("PEILI_TEST_BUNDLE") ?? new URL("../../src/cli/main.ts", import.meta.url).pathname;

const PERMISSIONS = ["--allow-net", "--allow-read", "--allow-write", "--allow-sys", "--allow-env"];

/** How `deno` runs it, as in the container image; command and flags follow. */
const RUN = [
  ...["run", "--quiet", "--no-lock", "--no-code-cache", "--v8-flags=--max-semi-space-size=2"],
  ...[...PERMISSIONS, PROGRAM],
];

/** What the node logs when it listens. */
const LISTENING = "Serving this node on";

/**
 * Lets Deno analyse the program and keep what it found: a process that has to do that itself keeps the memory that it
 * took, 60 MiB for a bundle.
 */
export async function warmUpProgram(): Promise<void> {
  await runCommand(Deno.execPath(), [...RUN, "version"]);
}

/** Starts `peili registry` as its users do, on loopback, and waits until it is ready. */
export async function startBenchNode(options: BenchNodeOptions): Promise<BenchNode> {
  const { layoutDir, dir, bootstrapPort, peerBootstrapPort } = options;
  await Deno.mkdir(dir, { recursive: true });
  const process = spawnLogged({
    name: "peili",
    command: [
      Deno.execPath(),
      ...[...RUN, "registry"],
      ...["local", "registry", "router", "metrics"].map((listener) => `--${listener}-addr=127.0.0.1:0`),
      ...["--store=oci-layout", `--oci-layout-path=${layoutDir}`, `--data-dir=${dir}/data`],
      ...["--bootstrap-kind=http", `--http-bootstrap-addr=127.0.0.1:${bootstrapPort}`],
      ...(peerBootstrapPort ? [`--http-bootstrap-url=http://127.0.0.1:${peerBootstrapPort}/id`] : []),
    ],
    logPath: `${dir}/peili.log`,
  });
  try {
    const line = await until("the node to listen", async () => {
      return process.end ? "" : (await process.logLines(LISTENING))[0];
    });
    if (line === "") throw new Error("Cannot wait for it to listen: it ended");
    const { local, metrics } = JSON.parse(line);
    await until("the node to be ready", async () => await httpText(`http://${local}/readyz`) !== undefined);
    return {
      pid: process.pid,
      origin: `http://${local}`,
      metricsUrl: `http://${metrics}/metrics`,
      [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
    };
  } catch (cause) {
    await process.kill();
    throw new Error(`Cannot start a node\n${await process.logTail()}`, { cause });
  }
}
