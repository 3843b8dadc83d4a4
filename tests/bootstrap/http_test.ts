import assert from "@std/assert";
import { createServer } from "node:https";
import fc from "fast-check";
import { readBootstrapTls } from "../../src/bootstrap/client_certificate.ts";
import { createHttpBootstrapper, parseBootstrapUrl, parseReply } from "../../src/bootstrap/http.ts";
import { idHandler } from "../../src/bootstrap/id_handler.ts";
import { BOOTSTRAP_REPLY_MAX_BYTES } from "../../src/core/limits.ts";
import { DirectClient } from "../../src/http/direct_client.ts";
import { LOOPBACK_CERTIFICATE } from "../support/loopback_certificate.ts";
import { tempDir } from "../support/temp_dir.ts";

const ID = "12D3KooWNi7fYqhBmDT4RbiHVmYvX9GwKnHQjELrduxfAFARSxbP";
const ADDR = "/ip4/10.0.0.7/tcp/5001";
const URL_TEXT = "http://bootstrap.example/id";

/** Bootstraps once from a server that answers as the handler does. */
async function bootstrapFrom(handler: (request: Request) => Response, signal?: AbortSignal) {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  using client = new DirectClient();
  const bootstrapper = createHttpBootstrapper({ fetch: (url, init) => client.fetch(url, init) }, {
    url: new URL(`http://127.0.0.1:${server.addr.port}/id`),
  });
  return await bootstrapper.candidates({ signal });
}

Deno.test("a node that bootstraps over HTTP reads what another one tells at /id", async () => {
  const self = { id: ID, addrs: [ADDR] };
  assert.deepEqual(await bootstrapFrom(idHandler(() => self)), [self]);
});

Deno.test("idHandler() answers with what Spegel reads, and only at /id", async () => {
  const handler = idHandler(() => ({ id: ID, addrs: [ADDR] }));
  const request = (path: string, method = "GET") => handler(new Request(`http://node${path}`, { method }));
  const response = request("/id?x=1");
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  assert.deepEqual(await response.json(), [{ ID, Addrs: [ADDR] }]);
  assert.equal(request("/").status, 404);
  assert.equal(request("/id/").status, 404);
  assert.equal(request("/id", "HEAD").status, 200);
  assert.equal(request("/id", "POST").status, 405);
});

const REPLIES: { what: string; text: string; candidates: unknown }[] = [
  { what: "several nodes", text: JSON.stringify([{ ID, Addrs: [ADDR] }, { ID, Addrs: [] }]), candidates: 2 },
  { what: "more nodes than are used", text: JSON.stringify(Array(9).fill({ ID, Addrs: [ADDR] })), candidates: 3 },
  { what: "nobody", text: "[]", candidates: 0 },
];
Deno.test.each(REPLIES)("parseReply() reads a reply with $what", ({ text, candidates }) => {
  assert.equal(parseReply(text, new URL(URL_TEXT)).length, candidates);
});

Deno.test("parseReply() does without ids, ports and fields that it does not know", () => {
  const text = JSON.stringify([{ Addrs: ["/ip4/10.0.0.7"], zone: "a" }, { ID: "", Addrs: ["/ip6/fd00::7"] }]);
  assert.deepEqual(parseReply(text, new URL(URL_TEXT)), [{ addrs: ["/ip4/10.0.0.7"] }, { addrs: ["/ip6/fd00::7"] }]);
});

Deno.test.each([
  { text: "" },
  { text: "<html>" },
  { text: "{}" },
  { text: "null" },
  { text: `[{"ID":1,"Addrs":[]}]` },
  { text: `[{"ID":""}]` },
  { text: `[{"Addrs":["10.0.0.7"]}]` },
  { text: `[{"Addrs":["/tcp/5001"]}]` },
  { text: `[{"Addrs":[7]}]` },
])("parseReply() throws SyntaxError on $text", ({ text }) => {
  assert.throws(() => parseReply(text, new URL(URL_TEXT)), (reason: unknown) => {
    return reason instanceof SyntaxError && reason.message.startsWith(`Cannot bootstrap from "${URL_TEXT}": `);
  });
});

Deno.test("parseReply() reads any JSON, or throws SyntaxError", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      try {
        parseReply(text, new URL(URL_TEXT));
      } catch (reason) {
        assert(reason instanceof SyntaxError);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("a reply that is too long, or no success, is one clear error", async () => {
  const long = " ".repeat(BOOTSTRAP_REPLY_MAX_BYTES + 1);
  await assert.rejects(bootstrapFrom(() => new Response(long)), /has more than 16384 bytes/);
  await assert.rejects(bootstrapFrom(() => new Response("", { status: 503 })), /answers with status 503/);
  await assert.rejects(bootstrapFrom(() => Response.redirect("http://elsewhere.example/")), /answers with status 302/);
});

Deno.test("a bootstrap server that never ends its reply is left when the time is up", async () => {
  const endless = () =>
    new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) }));
  await assert.rejects(bootstrapFrom(endless, AbortSignal.timeout(100)), { name: "TimeoutError" });
});

Deno.test("parseBootstrapUrl() reads http: and https: only", () => {
  assert.equal(parseBootstrapUrl("https://a:5002/id").href, "https://a:5002/id");
  for (const text of ["", "a", "a:5002/id", "ftp://a/", "http://", "file:///etc"]) {
    assert.throws(() => parseBootstrapUrl(text), SyntaxError);
  }
});

const { ca, cert, key } = LOOPBACK_CERTIFICATE;

/** Makes a directory with some certificate files. */
async function certDir(files: Record<string, string>) {
  const directory = await tempDir();
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${directory.path}/${name}`, text);
  return directory;
}

Deno.test("a node bootstraps from a server that demands a client certificate", async () => {
  await using directory = await certDir({ "ca.crt": ca, "tls.crt": cert, "tls.key": key });
  const server = createServer({ ca, cert, key, requestCert: true }, (request, response) => {
    response.end(JSON.stringify([{ ID, Addrs: [ADDR] }]));
    request.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const url = new URL(`https://127.0.0.1:${port}/id`);
  const ask = async (tls: Awaited<ReturnType<typeof readBootstrapTls>>) => {
    using client = new DirectClient({ tls });
    const bootstrapper = createHttpBootstrapper({ fetch: (target, init) => client.fetch(target, init) }, { url });
    return await bootstrapper.candidates({ signal: AbortSignal.timeout(5_000) });
  };
  try {
    const tls = await readBootstrapTls(directory.path);
    assert.deepEqual(await ask(tls), [{ id: ID, addrs: [ADDR] }]);
    await assert.rejects(ask({ ca: tls.ca }), TypeError);
    await assert.rejects(ask({}), TypeError);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

Deno.test("readBootstrapTls() does without files that are missing or empty, as Spegel does", async () => {
  await using onlyCa = await certDir({ "ca.crt": ca, "tls.crt": "" });
  assert.deepEqual(await readBootstrapTls(onlyCa.path), { ca, cert: undefined, key: undefined });
  await using none = await certDir({});
  assert.deepEqual(await readBootstrapTls(none.path), { ca: undefined, cert: undefined, key: undefined });
});

const BAD_FILES: { what: string; files: Record<string, string>; error: RegExp }[] = [
  { what: "a key without its certificate", files: { "tls.key": key }, error: /tls\.crt is missing$/ },
  { what: "a certificate without its key", files: { "tls.crt": cert }, error: /tls\.key is missing$/ },
  { what: "another certificate's key", files: { "tls.crt": ca, "tls.key": key }, error: /tls\.key does not belong to/ },
  { what: "no certificate authority", files: { "ca.crt": "hello" }, error: /certificate file ".*ca\.crt": / },
  { what: "no key", files: { "tls.crt": cert, "tls.key": cert }, error: /certificate file ".*tls\.key": / },
];
Deno.test.each(BAD_FILES)("readBootstrapTls() says in one line that there is $what", async ({ files, error }) => {
  await using directory = await certDir(files);
  const failure = await readBootstrapTls(directory.path).then(() => "none", String);
  assert.match(failure, error);
  assert.ok(!failure.includes("\n"));
});
