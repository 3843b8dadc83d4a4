import { createServer, type Server, type Socket } from "node:net";

/** One request that a {@linkcode FaultyPeer} got. */
export interface PeerExchange {
  /** The method. */
  method: string;
  /** Path and query. */
  target: string;
  /** The headers, with names in lower case. */
  headers: Record<string, string>;
  /** The bytes that are asked for: all of the content, or those of the range. */
  wanted: { start: number; end: number; partial: boolean };
  /** All of the content. */
  content: Uint8Array<ArrayBuffer>;
  /** The connection. */
  socket: Socket;
}

/** How a peer answers. */
export type Behaviour = (exchange: PeerExchange) => void;

/**
 * A peer on loopback that speaks HTTP by hand, so that it can go wrong in every way that a network can.
 * It has the same content under every path.
 */
export class FaultyPeer implements AsyncDisposable {
  /** How the next requests are answered; the last one stays. */
  readonly behaviours: Behaviour[];
  /** Every request so far. */
  readonly requests: PeerExchange[] = [];
  /** How many connections were made. */
  connections = 0;
  readonly #content: Uint8Array<ArrayBuffer>;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(content: Uint8Array<ArrayBuffer>, behaviours: Behaviour[]) {
    this.#content = content;
    this.behaviours = behaviours;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** Starts a peer. */
  static async start(content: Uint8Array<ArrayBuffer>, ...behaviours: Behaviour[]): Promise<FaultyPeer> {
    const peer = new FaultyPeer(content, behaviours);
    await new Promise<void>((resolve) => peer.#server.listen(0, "127.0.0.1", resolve));
    return peer;
  }

  /** Its address as `host:port`. */
  get host(): string {
    const address = this.#server.address();
    return `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  }

  /** How many connections are open. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Ends every connection and takes no new one. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.stop();
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {}); // the other side went away
    let head = "";
    socket.on("data", (chunk: Uint8Array) => {
      head += new TextDecoder("latin1").decode(chunk);
      for (let end = head.indexOf("\r\n\r\n"); end >= 0; end = head.indexOf("\r\n\r\n")) {
        this.#answer(head.slice(0, end), socket);
        head = head.slice(end + 4);
      }
    });
  }

  #answer(head: string, socket: Socket): void {
    const [requestLine = "", ...lines] = head.split("\r\n");
    const [method = "", target = ""] = requestLine.split(" ");
    const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(": ", 2)));
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "");
    const content = this.#content;
    const wanted = {
      start: Number(range?.[1] ?? 0),
      end: range?.[2] ? Number(range[2]) : content.length - 1,
      partial: range !== null,
    };
    const exchange = { method, target, headers, wanted, content, socket };
    this.requests.push(exchange);
    const behaviour = this.behaviours.length > 1 ? this.behaviours.shift() : this.behaviours[0];
    behaviour?.(exchange);
  }
}

/** Returns the head of an answer. */
export function head(status: number, headers: Record<string, string | number>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 ${status} X\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** The head of the right answer, with some of it changed; a header that is set to "" is left out. */
export function rightHead({ wanted, content }: PeerExchange, changes: Record<string, string | number> = {}): string {
  const { start, end, partial } = wanted;
  const headers = {
    "content-length": end - start + 1,
    "content-type": "application/octet-stream",
    ...(partial ? { "content-range": `bytes ${start}-${end}/${content.length}` } : {}),
    ...changes,
  };
  const kept = Object.entries(headers).filter(([, value]) => value !== "");
  return head(partial ? 206 : 200, Object.fromEntries(kept));
}
