import * as v from "valibot";
import { readJsonLines } from "../support/json_lines.ts";
import { until } from "../support/until.ts";
import { findGo } from "./find_go.ts";

/** What a Go node tells of itself. */
export interface GoNodeInfo {
  /** Its peer id. */
  id: string;
  /** Its multiaddrs, without the peer id. */
  addrs: string[];
}

/** How a Go node is started. */
export interface GoNodeOptions {
  /** The program that {@linkcode buildGoNode} has made. */
  program: string;
  /** The multiaddrs to listen on. */
  listen: readonly string[];
  /** The file of the identity; a new identity without it. */
  keyFile?: string;
  /** The key of its private network; without it, it is in none. */
  networkKey?: Uint8Array;
}

const INFO_SCHEMA = v.object({ id: v.string(), addrs: v.array(v.string()) });
const ANSWER_SCHEMA = v.union([v.object({ result: v.unknown() }), v.object({ error: v.string() })]);
const PROVIDERS_SCHEMA = v.array(v.object({ ID: v.string(), Addrs: v.array(v.string()) }));

/** How long building may take, in milliseconds: the first time, the modules are fetched. */
const BUILD_TIMEOUT_MS = 300_000;

/**
 * Builds the Go node of this folder.
 *
 * @param directory Where to put the program.
 * @returns The path of the program.
 * @throws {Error} If the Go toolchain is missing or the build fails.
 */
export async function buildGoNode(directory: string): Promise<string> {
  const program = `${directory}/go_node`;
  const { program: go, missing } = await findGo();
  if (go === undefined) throw new Error(`Cannot build the Go node: ${missing}`);
  const { success, stderr } = await new Deno.Command(go, {
    args: ["build", "-mod=readonly", "-o", program, "."],
    cwd: new URL("go_node", import.meta.url),
    signal: AbortSignal.timeout(BUILD_TIMEOUT_MS),
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Cannot build the Go node: ${new TextDecoder().decode(stderr)}`);
  return program;
}

/** A node of the DHT on the Go libraries, with Spegel's parameters, in a process of its own. */
export class GoNode implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<unknown>;
  #info: GoNodeInfo = { id: "", addrs: [] };

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#lines = readJsonLines(child.stdout)[Symbol.asyncIterator]();
  }

  /** Starts a node and waits until it listens. */
  static async start({ program, listen, keyFile = "", networkKey }: GoNodeOptions): Promise<GoNode> {
    const args = [`-listen=${listen.join()}`, `-key=${keyFile}`, `-psk=${networkKey?.toHex() ?? ""}`];
    const node = new GoNode(new Deno.Command(program, { args, stdin: "piped", stdout: "piped" }).spawn());
    node.#info = v.parse(INFO_SCHEMA, await node.#read());
    return node;
  }

  /** Its peer id. */
  get id(): string {
    return this.#info.id;
  }

  /** Where it listens, as static bootstrap peers. */
  get peers(): string[] {
    return this.#info.addrs.map((addr) => `${addr}/p2p/${this.#info.id}`);
  }

  /** Announces a key. */
  async provide(key: string): Promise<void> {
    await this.#ask(`provide ${key}`);
  }

  /** Returns the providers of a key. */
  async find(key: string): Promise<GoNodeInfo[]> {
    const found = v.parse(PROVIDERS_SCHEMA, await this.#ask(`find ${key}`));
    return found.map(({ ID, Addrs }) => ({ id: ID, addrs: Addrs }));
  }

  /** Connects to a multiaddr, with or without a peer id, and returns the peer id. */
  async connect(addr: string): Promise<string> {
    return v.parse(v.string(), await this.#ask(`connect ${addr}`));
  }

  /** Waits until the routing table holds a peer. */
  async knows(id: string): Promise<void> {
    await until(
      `the Go node to know ${id}`,
      async () => v.parse(v.array(v.string()), await this.#ask("peers")).includes(id),
    );
  }

  async #ask(command: string): Promise<unknown> {
    await this.#writer.write(new TextEncoder().encode(`${command}\n`));
    const answer = v.parse(ANSWER_SCHEMA, await this.#read());
    if ("error" in answer) throw new Error(`Cannot have the Go node ${command}: ${answer.error}`);
    return answer.result;
  }

  async #read(): Promise<unknown> {
    const { done, value } = await this.#lines.next();
    if (done) throw new Error("Cannot ask the Go node: it has ended");
    return value;
  }

  /** Has the node end, and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#child.status;
    await this.#lines.return?.();
  }
}
