import { readJsonLines } from "../support/json_lines.ts";

/** What one reading brought. */
export interface Reading {
  /** How many bytes of bodies were read. */
  bytes: number;
  /** From the first connection to the last byte. */
  seconds: number;
}

const PROGRAM = new URL("./blob_reader_main.ts", import.meta.url).pathname;

/**
 * An HTTP client in a process of its own, so that neither its work nor this process's counts as the server's.
 * It stays warm between readings. Disposing of it stops it.
 */
export class BlobReader implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #jobs: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #answers: AsyncIterator<unknown>;

  constructor() {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-lock", "--no-config", "--allow-net=127.0.0.1", PROGRAM],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#jobs = this.#child.stdin.getWriter();
    this.#answers = readJsonLines(this.#child.stdout);
  }

  /**
   * Reads what is at a URL, `clients` times at once, from the byte `start` on.
   *
   * @throws {Error} If an answer is no success or ends before its length.
   */
  async read(url: string, { clients = 1, start = 0 }: { clients?: number; start?: number } = {}): Promise<Reading> {
    await this.#jobs.write(new TextEncoder().encode(`${JSON.stringify({ url, clients, start })}\n`));
    const { value, done } = await this.#answers.next();
    const answer = done ? { error: "the reader ended" } : value as Reading | { error: string };
    if ("error" in answer) throw new Error(`Cannot read "${url}": ${answer.error}`);
    return answer;
  }

  /** Lets the process end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#jobs.close().catch(() => {}); // it may have ended by itself
    await this.#child.status;
  }
}
