/**
 * Asks for a URL over a new connection, as a client that was idle does, and returns after how many milliseconds the first
 * byte of the answer is there. The rest is read and thrown away.
 *
 * @throws {Error} If the answer is no success.
 */
export async function firstByteMs(url: string): Promise<number> {
  const { hostname, port, host, pathname, search } = new URL(url);
  const startMs = performance.now();
  using conn = await Deno.connect({ hostname, port: Number(port) });
  const request = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  await conn.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(64 * 1024);
  const count = await conn.read(buffer);
  const atMs = performance.now() - startMs;
  const head = new TextDecoder("latin1").decode(buffer.subarray(0, Math.min(count ?? 0, 200)));
  if (!head.startsWith("HTTP/1.1 200 ")) throw new Error(`Cannot use the answer to "${url}": ${head}`);
  while (await conn.read(buffer) !== null);
  return atMs;
}
