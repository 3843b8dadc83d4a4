/**
 * The program of a `BlobReader`: takes one JSON line per job, `{ url, clients, start }`, and answers each with one,
 * `{ bytes, seconds }` or `{ error }`. It has to be faster than what it measures, so it does no more than read.
 *
 * @module
 */
import { stdin } from "node:process";
import { createInterface } from "node:readline";

/** What one read may bring at most, in bytes: more is no faster. */
const READ_BYTES = 256 * 1024;
/** What an answer's head may have at most, in bytes. */
const HEAD_BYTES = 16 * 1024;

for await (const line of createInterface({ input: stdin })) console.log(JSON.stringify(await run(JSON.parse(line))));

async function run(job: { url: string; clients: number; start: number }): Promise<Record<string, unknown>> {
  try {
    const url = new URL(job.url);
    const startMs = performance.now();
    const counts = await Promise.all(Array.from({ length: job.clients }, () => readBody(url, job.start)));
    const seconds = (performance.now() - startMs) / 1000;
    return { bytes: counts.reduce((sum, count) => sum + count), seconds };
  } catch (reason) {
    return { error: String(reason) };
  }
}

/** Reads one answer to its end, without its first bytes, and returns how many bytes its body has. */
async function readBody({ hostname, port, host, pathname, search }: URL, start: number): Promise<number> {
  using conn = await Deno.connect({ hostname, port: Number(port) });
  const range = start > 0 ? `Range: bytes=${start}-\r\n` : "";
  const request = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n${range}Connection: close\r\n\r\n`;
  await conn.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(READ_BYTES);
  const { length, bodyStart, filled } = await readHead(conn, buffer, start > 0 ? 206 : 200);
  let received = filled - bodyStart;
  for (let count; (count = await conn.read(buffer)) !== null;) received += count;
  if (received !== length) throw new Error(`Cannot read ${pathname}: it ended after ${received} of ${length} bytes`);
  return received;
}

async function readHead(
  conn: Deno.Conn,
  buffer: Uint8Array,
  status: number,
): Promise<{ length: number; bodyStart: number; filled: number }> {
  for (let filled = 0; filled < HEAD_BYTES;) {
    const count = await conn.read(buffer.subarray(filled));
    if (count === null) break;
    filled += count;
    const text = new TextDecoder("latin1").decode(buffer.subarray(0, Math.min(filled, HEAD_BYTES)));
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const head = text.slice(0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (!head.startsWith(`HTTP/1.1 ${status} `) || !length) {
      throw new Error(`Cannot use the answer "${head.slice(0, 200)}"`);
    }
    return { length: Number(length), bodyStart: end + 4, filled };
  }
  throw new Error("Cannot use the answer: it has no head");
}
