import { gzipSync } from "node:zlib";
import { type Behaviour, head, rightHead } from "./faulty_peer.ts";

/** How long bytes are given to arrive before a connection is reset, in milliseconds. */
const ARRIVE_MS = 50;

/** Answers as it should be, with headers changed. */
export function serve(changes: Record<string, string | number> = {}): Behaviour {
  return (exchange) => {
    const { method, wanted, content, socket } = exchange;
    socket.write(rightHead(exchange, changes));
    if (method === "GET") socket.write(content.slice(wanted.start, wanted.end + 1));
  };
}

/** Answers with a status and a little JSON. */
export function refuse(status: number): Behaviour {
  return ({ method, socket }) => {
    const body = `{"errors":[]}`;
    socket.write(head(status, { "content-length": body.length }) + (method === "GET" ? body : ""));
  };
}

/** Never answers. */
export function silence(): Behaviour {
  return () => {};
}

/** Waits before it answers. */
export function late(delayMs: number, behaviour: Behaviour = serve()): Behaviour {
  return (exchange) => {
    const timer = setTimeout(() => behaviour(exchange), delayMs);
    exchange.socket.once("close", () => clearTimeout(timer));
  };
}

/** Closes the connection instead of answering. */
export function hangUp(how: "FIN" | "RST"): Behaviour {
  return ({ socket }) => void (how === "FIN" ? socket.end() : socket.resetAndDestroy());
}

/** Answers as it should be, and ends the connection after so many bytes of the body. */
export function cut(how: "FIN" | "RST", afterBytes: number): Behaviour {
  return (exchange) => {
    const { wanted, content, socket } = exchange;
    socket.write(rightHead(exchange));
    const body = content.slice(wanted.start, wanted.start + afterBytes);
    if (how === "FIN") return void socket.end(body);
    socket.write(body);
    const timer = setTimeout(() => socket.resetAndDestroy(), ARRIVE_MS);
    socket.once("close", () => clearTimeout(timer));
  };
}

/** Answers as it should be, and goes silent after so many bytes of the body. */
export function stall(afterBytes: number): Behaviour {
  return (exchange) => {
    const { wanted, content, socket } = exchange;
    socket.write(rightHead(exchange));
    socket.write(content.slice(wanted.start, wanted.start + afterBytes));
  };
}

/** Sends the body a little at a time, without end as far as a test is concerned. */
export function drip(bytes = 1_000, everyMs = 10): Behaviour {
  return (exchange) => {
    const { wanted, content, socket } = exchange;
    socket.write(rightHead(exchange));
    let position = wanted.start;
    const timer = setInterval(() => {
      socket.write(content.slice(position, position + bytes));
      position += bytes;
    }, everyMs);
    socket.once("close", () => clearInterval(timer));
  };
}

/** Ignores the range: all of the content, with 200. */
export function ignoreRange(): Behaviour {
  return ({ content, socket }) => {
    socket.write(head(200, { "content-length": content.length }));
    socket.write(content);
  };
}

/** Compresses the body, which nobody asked for. */
export function gzip(): Behaviour {
  return (exchange) => {
    const { wanted, content, socket } = exchange;
    const body = gzipSync(content.slice(wanted.start, wanted.end + 1));
    socket.write(rightHead(exchange, { "content-encoding": "gzip", "content-length": body.length }));
    socket.write(body);
  };
}

/** Sends a body without end, in chunks. */
export function endless(): Behaviour {
  return ({ socket }) => {
    socket.write(head(200, { "transfer-encoding": "chunked", "content-type": "application/json" }));
    const chunk = `10000\r\n${" ".repeat(65_536)}\r\n`;
    const more = () => {
      while (!socket.destroyed && socket.write(chunk)) { /* until the queue is full */ }
    };
    socket.on("drain", more);
    more();
  };
}

/** Answers no HTTP. */
export function nonsense(): Behaviour {
  return ({ socket }) => void socket.end("SSH-2.0-OpenSSH_9.9\r\n");
}

/** Answers HEAD as it should be, and goes wrong with GET. */
export function onGet(behaviour: Behaviour): Behaviour {
  return (exchange) => (exchange.method === "GET" ? behaviour : serve())(exchange);
}

/** Answers as it should be, but for one byte of the content. */
export function wrongByte(at: number): Behaviour {
  return (exchange) => {
    const content = exchange.content.slice();
    content[at] = (content[at] ?? 0) ^ 1;
    serve()({ ...exchange, content });
  };
}

/** Says that it is full. */
export function busy(retryAfterSeconds: number): Behaviour {
  return ({ socket }) => {
    socket.write(head(503, { "content-length": 0, "retry-after": retryAfterSeconds }));
  };
}
