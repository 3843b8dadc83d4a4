import { connect } from "node:net";

/** What came back on a connection. */
export interface RawAnswer {
  /** The status; 0 when the connection ended without an answer. */
  status: number;
  /** The headers, with names in lower case. */
  headers: Record<string, string>;
  /** Everything after the headers. */
  body: Uint8Array<ArrayBuffer>;
  /** How the server ended the connection: in order, or by a reset. */
  end: "FIN" | "RST";
}

/** How {@linkcode rawHttp} asks. */
export interface RawHttpOptions {
  /** When the call gives up, in milliseconds. @default {20_000} */
  timeoutMs?: number;
}

/**
 * Sends bytes to a server on loopback as they are, and reads until the server ends the connection.
 *
 * For requests that no client library sends, and to see how a connection ends. Say `Connection: close`.
 *
 * @param head Request line and headers; the empty line is added.
 * @throws {Error} If the server does not end the connection in time.
 */
export async function rawHttp(port: number, head: string[], options: RawHttpOptions = {}): Promise<RawAnswer> {
  const { timeoutMs = 20_000 } = options;
  const { promise, resolve, reject } = Promise.withResolvers<"FIN" | "RST">();
  const chunks: Uint8Array[] = [];
  const socket = connect({ host: "127.0.0.1", port });
  const timer = setTimeout(() => reject(new Error(`Cannot read: no end after ${timeoutMs} ms`)), timeoutMs);
  socket.on("data", (chunk: Uint8Array) => chunks.push(new Uint8Array(chunk)));
  socket.on("end", () => resolve("FIN"));
  socket.on("error", (error: Error & { code?: string }) => {
    if (error.code === "ECONNRESET" || error.code === "EPIPE") resolve("RST");
    else reject(error);
  });
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  try {
    const end = await promise;
    return { ...parseAnswer(new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer())), end };
  } finally {
    clearTimeout(timer);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.destroy();
    await closed;
  }
}

function parseAnswer(bytes: Uint8Array<ArrayBuffer>): Omit<RawAnswer, "end"> {
  const text = new TextDecoder("latin1").decode(bytes);
  const split = text.indexOf("\r\n\r\n");
  if (split < 0) return { status: 0, headers: {}, body: bytes };
  const [statusLine = "", ...lines] = text.slice(0, split).split("\r\n");
  const headers = Object.fromEntries(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  return { status: Number(statusLine.split(" ")[1]), headers, body: bytes.slice(split + 4) };
}
