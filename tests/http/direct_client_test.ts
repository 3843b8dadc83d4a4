import assert from "@std/assert";
import { DirectClient } from "../../src/http/direct_client.ts";
import { LOOPBACK_CERTIFICATE } from "../support/loopback_certificate.ts";

const { ca, cert, key } = LOOPBACK_CERTIFICATE;

/** Every variable that Deno knows, pointing at a port where nothing can listen. */
const PROXIES = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const DEAD_PROXY = "http://127.0.0.1:9";

/** The content type of the first record of a TLS connection (RFC 8446, section 5.1). */
const TLS_HANDSHAKE = 22;

/** Sets the variables until it is disposed of. */
function deadProxies(): Disposable {
  const before = PROXIES.map((name) => ({ name, value: Deno.env.get(name) }));
  for (const name of PROXIES) Deno.env.set(name, DEAD_PROXY);
  return {
    [Symbol.dispose]() {
      for (const { name, value } of before) value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
    },
  };
}

function serveUrl(hostname: string, tls?: { cert: string; key: string }): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname, port: 0, onListen: () => {}, ...tls }, ({ url }) => new Response(url));
}

for (const hostname of ["127.0.0.1", "::1"]) {
  Deno.test(`DirectClient connects to ${hostname} past proxies`, async () => {
    using _proxies = deadProxies();
    await using server = serveUrl(hostname);
    using client = new DirectClient();
    const url = new URL(`/v2/?ns=a`, `http://${hostname === "::1" ? "[::1]" : hostname}:${server.addr.port}`).href;
    assert.equal(await (await client.fetch(url)).text(), url);
  });
}

Deno.test("DirectClient encrypts, past proxies, what goes to an https: URL", async () => {
  using _proxies = deadProxies();
  await using server = serveUrl("127.0.0.1", { cert, key });
  using client = new DirectClient({ tls: { ca } });
  const url = `https://127.0.0.1:${server.addr.port}/id`;
  assert.equal(await (await client.fetch(url)).text(), url);
  for (const name of PROXIES) assert.equal(Deno.env.get(name), DEAD_PROXY);
});

Deno.test("DirectClient begins with a TLS handshake for an https: URL, never with the request", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using client = new DirectClient();
  const failed = assert.rejects(client.fetch(`https://127.0.0.1:${listener.addr.port}/id`), TypeError);
  using conn = await listener.accept();
  const first = new Uint8Array(1);
  await conn.read(first);
  assert.equal(first[0], TLS_HANDSHAKE);
  await conn.closeWrite();
  await failed;
});

Deno.test("DirectClient lets a signal end a body whose response nobody holds any more", async () => {
  const program = new URL("./collected_response_main.ts", import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-net=127.0.0.1", "--allow-env", "--v8-flags=--expose-gc", program],
  }).output();
  const decoder = new TextDecoder();
  assert.equal(decoder.decode(stdout).trim(), "AbortError", decoder.decode(stderr));
});
