import { fileURLToPath } from "node:url";
import * as v from "valibot";
import type { Provider, RouterState } from "../../../src/routing/router.ts";
import { readJsonLines } from "../../support/json_lines.ts";
import type { RouterCommand, RouterProgramOptions } from "./router_command.ts";

const INFO_SCHEMA = v.object({ id: v.string(), peers: v.array(v.string()) });
const PROVIDERS_SCHEMA = v.array(v.object({ id: v.string(), hosts: v.array(v.string()) }));
const STATE_SCHEMA = v.object({ status: v.picklist(["ready", "degraded"]), peers: v.number() });

/** A router in a process of its own, that can be killed. Disposing of it has it stop in order. */
export class RouterProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<unknown>;
  #info: { id: string; peers: string[] } = { id: "", peers: [] };

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#lines = readJsonLines(child.stdout)[Symbol.asyncIterator]();
  }

  /** Starts a router and waits until it listens. */
  static async start(options: RouterProgramOptions): Promise<RouterProcess> {
    const program = fileURLToPath(new URL("router_program.ts", import.meta.url));
    const args = ["run", "-A", "--no-lock", "--no-prompt", program, JSON.stringify(options)];
    const command = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" });
    const router = new RouterProcess(command.spawn());
    router.#info = v.parse(INFO_SCHEMA, await router.#read());
    return router;
  }

  /** Its peer id. */
  get id(): string {
    return this.#info.id;
  }

  /** Itself as static bootstrap peers. */
  get peers(): readonly string[] {
    return this.#info.peers;
  }

  /** Has it announce keys. */
  async announce(keys: readonly string[]): Promise<void> {
    await this.#ask({ do: "announce", keys });
  }

  /** Has it look a key up. */
  async lookup(key: string): Promise<Provider[]> {
    return v.parse(PROVIDERS_SCHEMA, await this.#ask({ do: "lookup", key }));
  }

  /** Asks how well it is connected. */
  async state(): Promise<RouterState> {
    return v.parse(STATE_SCHEMA, await this.#ask({ do: "state" }));
  }

  /** Stops it with SIGSTOP: its connections stay open and nobody answers any more. To be killed in the end. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  /** Kills it with SIGKILL: it says nothing to anybody any more. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#end();
  }

  async #ask(command: RouterCommand): Promise<unknown> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(command)}\n`));
    return await this.#read();
  }

  async #read(): Promise<unknown> {
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`Cannot ask router "${this.id}": its process has ended`);
    return value;
  }

  async #end(): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#child.status;
    await this.#lines.return?.();
  }

  /** Has it stop, and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}
