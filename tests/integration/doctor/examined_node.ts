import assert from "@std/assert";
import project from "../../../deno.json" with { type: "json" };
import type { CheckName, Finding, Result } from "../../../src/doctor/result.ts";
import { inContainerView } from "../../permissions/container_view.ts";
import { permissionFlags } from "../../permissions/permission_flags.ts";
import { testBundle } from "../../permissions/test_bundle.ts";
import { buildImage } from "../../support/image/build_image.ts";
import { OciLayout } from "../../support/image/oci_layout.ts";
import type { NetworkNode } from "../../support/network/network_node.ts";
import { TestNetwork } from "../../support/network/test_network.ts";
import { runCommand } from "../../support/run_command.ts";
import { until } from "../../support/until.ts";
import { type Containerd, startContainerd } from "../harness/containerd.ts";
import { type ContainerdConfig, formatContainerdConfig } from "../harness/containerd_config.ts";
import { hostsCommand } from "../harness/peili_command.ts";
import { type Peili, PEILI_PORTS, startPeili } from "../harness/peili.ts";
import type { ContainerdGeneration } from "../setup/tools.ts";
import { OtherNode } from "./other_node.ts";

/** An image that the other node has. */
export const OTHERS_IMAGE = "registry.test/lib/app:v1";

/** What a finding has to say. */
export interface Wanted {
  /** What was seen. */
  what: RegExp;
  /** Lines of the change to make. */
  fix: readonly RegExp[];
}

/** How long something may take to be seen, in milliseconds: nodes find each other again, and the machine may be busy. */
const SEEN_MS = 60_000;

/** Lookups may take longer than by default, as there is no upstream here and other tests run beside this one. */
const PATIENT = ["--mirror-resolve-timeout=2s"];

let bundleOfAll: Promise<string> | undefined;

/** Makes the program once for all tests of a file; the directory goes when they are over. */
function sharedBundle(): Promise<string> {
  return bundleOfAll ??= Deno.makeTempDir({ prefix: "peili-" }).then((dir) => {
    globalThis.addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
    return testBundle(dir);
  });
}

/** A node with a real containerd, and another node that it knows: what the doctor looks at. */
export class ExaminedNode implements AsyncDisposable {
  /** A directory for files of tests. */
  readonly dir: string;
  /** The place of the node in the network. */
  readonly network: NetworkNode;
  /** Its containerd. */
  readonly containerd: Containerd;
  /** Variables that containerd starts with, from its next start on. */
  readonly containerdEnv: Record<string, string>;
  /** The other node. */
  readonly other: OtherNode;
  readonly #bundle: string;
  readonly #parts: AsyncDisposableStack;
  #peili: Peili;

  private constructor(
    parts: AsyncDisposableStack,
    made: {
      dir: string;
      network: NetworkNode;
      containerd: Containerd;
      containerdEnv: Record<string, string>;
      other: OtherNode;
      bundle: string;
      peili: Peili;
    },
  ) {
    this.#parts = parts;
    this.dir = made.dir;
    this.network = made.network;
    this.containerd = made.containerd;
    this.containerdEnv = made.containerdEnv;
    this.other = made.other;
    this.#bundle = made.bundle;
    this.#peili = made.peili;
  }

  /** Starts everything, and configures `hosts.toml` files. */
  static async start(generation: ContainerdGeneration): Promise<ExaminedNode> {
    await using parts = new AsyncDisposableStack();
    const root = await Deno.makeTempDir({ prefix: "peili-" });
    parts.defer(() => Deno.remove(root, { recursive: true }));
    const network = parts.use(await TestNetwork.create());
    const [own, others] = [await network.addNode("a"), await network.addNode("b")];
    const bundle = await sharedBundle();
    const dir = `${root}/a`;
    const containerdEnv: Record<string, string> = {};
    await Deno.mkdir(`${dir}/etc`, { recursive: true });
    const containerd = parts.use(
      await startContainerd({ generation, dir, netns: own.netns, env: containerdEnv }),
    );
    await Deno.mkdir(`${containerd.contentPath}/blobs`, { recursive: true }); // made by containerd when it needs it
    const layout = await OciLayout.create(`${root}/b/layout`);
    await buildImage(layout, { names: [OTHERS_IMAGE], layers: [{ sizeBytes: 1_000 }] });
    const other = parts.use(await OtherNode.start({ network: others, dir: `${root}/b`, bootstrap: own.address }));
    const peili = await startPeili({ node: own, containerd, dir, bootstrapAddress: others.address, flags: PATIENT });
    const made = { dir, network: own, containerd, containerdEnv, other, bundle, peili };
    const node = new ExaminedNode(parts.move(), made);
    await node.configure();
    return node;
  }

  /** Where its Peili answers containerd. */
  get mirror(): string {
    return `http://127.0.0.1:${PEILI_PORTS.local}`;
  }

  /** The running Peili. */
  get peili(): Peili {
    return this.#peili;
  }

  /** A place for another file system, which the doctor may look at. */
  get otherDisk(): string {
    return `${this.dir}-disk`; // not below the directory, whose mounts the doctor does not see
  }

  /** Starts its Peili again, with more flags. */
  async restartPeili(...flags: string[]): Promise<void> {
    await this.#peili.process.stop();
    const bootstrapAddress = this.other.network.address;
    const { network: node, containerd, dir } = this;
    this.#peili = await startPeili({ node, containerd, dir, bootstrapAddress, flags: [...PATIENT, ...flags] });
  }

  /** Runs `peili configuration`. */
  async configure(...flags: string[]): Promise<void> {
    const target = flags.some((flag) => flag.startsWith("--mirror-targets")) ? [] : [`--mirror-targets=${this.mirror}`];
    const [command, ...args] = hostsCommand(this.containerd.paths.certsDir, ["configuration", ...target, ...flags]);
    await runCommand(command, args);
  }

  /**
   * Writes containerd's configuration and starts containerd again.
   *
   * @param edit Changes the text that the harness would write.
   */
  async reconfigureContainerd(config: ContainerdConfig = {}, edit = (text: string) => text): Promise<void> {
    await this.containerd.stop();
    await this.writeConfig(config, edit);
    await this.containerd.start();
  }

  /** Writes containerd's configuration. */
  async writeConfig(config: ContainerdConfig = {}, edit = (text: string) => text): Promise<void> {
    const { generation, paths } = this.containerd;
    await Deno.writeTextFile(this.configPath, edit(formatContainerdConfig(generation, paths, config)));
  }

  /** Runs the `peili configuration` that a finding asks for, to the letter. */
  async runConfiguration({ fix }: Finding): Promise<void> {
    const [, line = ""] = /^Run: peili configuration (.*)$/m.exec(fix.join("\n")) ?? [];
    assert(line.includes(`--containerd-registry-config-path=${this.containerd.paths.certsDir}`), fix.join("\n"));
    await this.configure(...line.split(" "));
  }

  /** Makes the first change of containerd's configuration that a finding asks for, to the letter, and restarts it. */
  async makeChange({ fix }: Finding): Promise<void> {
    const at = fix.findIndex((line) => line.trim().startsWith("["));
    const [heading = "", setting = ""] = fix.slice(at).map((line) => line.trim());
    assert.match(setting, /^\w+ = /, fix.join("\n"));
    await this.containerd.stop();
    const text = await Deno.readTextFile(this.configPath);
    await Deno.writeTextFile(this.configPath, withSetting(text, heading, setting));
    await this.containerd.start();
  }

  /** The file that containerd is started with. */
  get configPath(): string {
    return `${this.dir}/config.toml`;
  }

  /** Writes a file below `/etc`, as the doctor sees it. */
  async writeEtc(path: string, text: string): Promise<void> {
    await Deno.mkdir(`${this.dir}/etc/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${this.dir}/etc/${path}`, text);
  }

  /** Returns how a command is run in the network of the node. */
  inNetwork(...command: string[]): Promise<string> {
    return runCommand("ip", ["netns", "exec", this.network.netns, ...command]);
  }

  /** Runs the doctor as on a node, with the permissions that `deno.json` lists, for the places of the test. */
  async examine(...flags: string[]): Promise<Result[]> {
    const { doctor } = project.permissions;
    const { containerd: { socket, paths: { certsDir } } } = this;
    const permissions = permissionFlags({
      ...doctor,
      read: [...doctor.read, this.dir, this.otherDisk],
      write: [...doctor.write, socket],
    });
    const program = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-config", ...permissions, this.#bundle];
    const places = [
      `--containerd-sock=${socket}`,
      `--containerd-registry-config-path=${certsDir}`,
      `--containerd-config=${this.configPath}`,
      `--metrics-addr=${this.network.address}:${PEILI_PORTS.metrics}`,
      "--min-free=0.5", // of the machine that the tests run on
    ];
    const command = ["env", "-i", "DENO_DIR=/run/deno", ...program, "doctor", "--json", ...places, ...flags];
    const shell = ["sh", "-c", '"$@"; echo "$?"', "sh", ...command];
    const output = await this.inNetwork(...inContainerView(shell, { work: this.dir, mounts: [] }));
    const [, json = "", code] = /^(.*)\n(\d+)\n$/s.exec(output) ?? [];
    const { findings, results } = JSON.parse(json);
    assert.equal(Number(code), findings > 0 ? 1 : 0, "the exit code tells whether there are findings");
    return results;
  }

  /** Breaks something, sees the finding, makes the change that it asks for, and sees that it is gone. */
  async breaks(
    check: CheckName,
    { broken, wanted, fix, flags = [] }: {
      broken: () => Promise<unknown>;
      wanted: Wanted;
      fix: (found: Finding) => Promise<unknown>;
      flags?: string[];
    },
  ): Promise<void> {
    await broken();
    const found = await until(`the finding ${check}`, async () => {
      const result = (await this.examine(...flags)).find((result) => result.check === check);
      // What is seen may still change: containerd deletes layers some moments after the pull has ended.
      if (result?.state === "finding" && wanted.what.test(result.what)) return result;
      throw new Error(JSON.stringify(result));
    }, { timeoutMs: SEEN_MS, intervalMs: 200 });
    assert(found.why.length > 20, found.why);
    for (const line of wanted.fix) assert.match(found.fix.join("\n"), line);
    await fix(found);
    await until(`no finding ${check}`, async () => {
      const result = (await this.examine(...flags)).find((result) => result.check === check);
      if (result?.state === "ok") return true;
      throw new Error(JSON.stringify(result));
    }, { timeoutMs: SEEN_MS, intervalMs: 200 });
  }

  /** Sees that containerd asks the mirror for nothing, as what was broken makes it. */
  async assertNotAsked(): Promise<Finding> {
    const probe = (await this.examine("--probe")).find(({ check }) => check === "probe");
    if (probe?.state !== "finding") throw new Error(`Cannot go on: the mirror was asked: ${probe?.what}`);
    return probe;
  }

  /** Sees that nothing is wrong. */
  async assertHealthy(): Promise<void> {
    const bad = await until("everything to be fine", async () => {
      const results = await this.examine("--probe");
      const bad = results.filter(({ state }) => state !== "ok");
      if (bad.length > 0) throw new Error(JSON.stringify(bad));
      return [bad];
    }, { timeoutMs: SEEN_MS, intervalMs: 200 });
    assert.deepEqual(bad, [[]]);
  }

  /** Stops everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peili.process.stop();
    await this.#parts.disposeAsync();
  }
}

/** Puts a setting under the heading of its table, in place of what is there of its kind. */
function withSetting(text: string, heading: string, setting: string): string {
  const [key = ""] = setting.split(" ");
  const lines = text.split("\n");
  if (!lines.includes(heading)) return `${text}\n${heading}\n${setting}\n`;
  const from = lines.indexOf(heading) + 1;
  const length = lines.slice(from).findIndex((line) => line.startsWith("["));
  const table = lines.splice(from, length < 0 ? Infinity : length).filter((line) =>
    !line.trim().startsWith(`${key} =`)
  );
  lines.splice(from, 0, setting, ...table);
  return lines.join("\n");
}
