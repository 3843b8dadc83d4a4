import { createSocket, type Socket } from "node:dgram";
import { readQuestion, TYPE_A, writeAnswer } from "./dns_message.ts";

/** What a {@linkcode NameServer} says of a name. */
export type NameState =
  /** It has these addresses, perhaps none. */
  | { kind: "addresses"; addresses: readonly string[] }
  /** It does not exist. */
  | { kind: "unknown" }
  /** The server cannot tell. */
  | { kind: "failing" }
  /** The server says nothing at all. */
  | { kind: "silent" };

/** The codes of answers: RFC 1035, section 4.1.1. */
const CODES = { addresses: 0, failing: 2, unknown: 3 } as const;

/** A DNS server that knows one name, of which it can say anything. */
export class NameServer implements AsyncDisposable {
  /** What it says of the name. */
  state: NameState = { kind: "unknown" };
  readonly #socket: Socket;
  readonly #name: string;

  private constructor(socket: Socket, name: string) {
    this.#socket = socket;
    this.#name = name;
    socket.on("message", (query, { address, port }) => {
      const answer = this.#answer(query);
      if (answer) socket.send(answer, port, address);
    });
  }

  /** Starts a server on the port of DNS, for which it needs root. */
  static async start(address: string, name: string): Promise<NameServer> {
    const socket = createSocket("udp4");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("error", reject);
    socket.bind(53, address, resolve);
    await promise;
    return new NameServer(socket, name);
  }

  #answer(query: Uint8Array): Uint8Array | undefined {
    const { state } = this;
    const { name, type } = readQuestion(query);
    if (state.kind === "silent") return undefined;
    if (name !== this.#name) return writeAnswer(query, { code: CODES.unknown, addresses: [] });
    const addresses = state.kind === "addresses" && type === TYPE_A ? state.addresses : [];
    return writeAnswer(query, { code: CODES[state.kind], addresses });
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.close(() => resolve());
    await promise;
  }
}
