import assert from "@std/assert";
import { parseProbeEndpoint, waitForCleanup } from "../../src/hosts/cleanup_wait.ts";

Deno.test("parseProbeEndpoint() reads names and addresses", () => {
  assert.deepEqual(parseProbeEndpoint("peili-cleanup.peili.svc.cluster.local.:8080"), {
    host: "peili-cleanup.peili.svc.cluster.local.",
    port: 8080,
  });
  assert.deepEqual(parseProbeEndpoint("127.0.0.1:1"), { host: "127.0.0.1", port: 1 });
  assert.deepEqual(parseProbeEndpoint("[::1]:65535"), { host: "::1", port: 65535 });
});

for (const text of ["", "host", ":8080", "host:", "host:0", "host:65536", "::1:80", "http://host:80", "a b:80"]) {
  Deno.test(`parseProbeEndpoint() throws SyntaxError on "${text}"`, () => {
    assert.throws(() => parseProbeEndpoint(text), { name: "SyntaxError", message: /^Cannot probe "/ });
  });
}

/** Serves `/readyz` on loopback with the given answers, the last one for ever. */
function serve(
  statuses: number[],
  hostname = "127.0.0.1",
  port = 0,
): { port: number; asked: string[] } & AsyncDisposable {
  const asked: string[] = [];
  const server = Deno.serve({ hostname, port, onListen: () => {} }, (request) => {
    asked.push(new URL(request.url).pathname);
    return new Response(null, { status: statuses[Math.min(asked.length, statuses.length) - 1] });
  });
  return { port: server.addr.port, asked, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("waitForCleanup() returns after the threshold of good rounds in a row", async () => {
  await using server = serve([200, 200, 500, 200, 404, 200]);
  await waitForCleanup({ host: "127.0.0.1", port: server.port }, { periodMs: 1, threshold: 3 });
  assert.equal(server.asked.length, 8);
  assert.ok(server.asked.every((path) => path === "/readyz"));
});

Deno.test("waitForCleanup() asks every address, and one that is not ready decides", async () => {
  await using first = serve([200]);
  await using second = serve([200, 503, 200], "127.0.0.2", first.port);
  await waitForCleanup({ host: "several.example", port: first.port }, {
    periodMs: 1,
    threshold: 2,
    resolve: () => Promise.resolve(["127.0.0.1", "127.0.0.2", "127.0.0.1"]),
  });
  assert.equal(second.asked.length, 4);
});

Deno.test("waitForCleanup() starts anew when the name cannot be resolved, or has no address", async () => {
  await using server = serve([200]);
  const answers = [["127.0.0.1"], undefined, ["127.0.0.1"], [], ["127.0.0.1"], ["127.0.0.1"]];
  await waitForCleanup({ host: "changing.example", port: server.port }, {
    periodMs: 1,
    threshold: 2,
    resolve: () => {
      const answer = answers.shift();
      return answer ? Promise.resolve(answer) : Promise.reject(new Error("no such name"));
    },
  });
  assert.deepEqual([answers.length, server.asked.length], [0, 4]);
});

Deno.test("waitForCleanup() asks no proxy", async () => {
  await using server = serve([200]);
  using _proxy = withVariable("HTTP_PROXY", "http://127.0.0.1:1");
  await waitForCleanup({ host: "localhost", port: server.port }, { periodMs: 1, threshold: 1 });
});

Deno.test("waitForCleanup() gives up when nothing is there in time", async () => {
  const error = await waitForCleanup({ host: "127.0.0.1", port: 1 }, { periodMs: 5, timeoutMs: 50 })
    .then(() => undefined, (reason: Error) => reason);
  assert.match(error?.message ?? "", /^Cannot wait for the cleanup at "127.0.0.1:1": it is not ready everywhere/);
  assert.ok(error?.cause instanceof Error);
});

Deno.test("waitForCleanup() does not count one that never answers", async () => {
  await using server = hold();
  await assert.rejects(
    waitForCleanup({ host: "127.0.0.1", port: server.port }, { periodMs: 5, timeoutMs: 100 }),
    /not ready everywhere after 100 ms/,
  );
});

Deno.test("waitForCleanup() ends with the reason of its signal", async () => {
  await using server = serve([500]);
  const controller = new AbortController();
  const waiting = waitForCleanup({ host: "127.0.0.1", port: server.port }, {
    periodMs: 60_000,
    signal: controller.signal,
  });
  while (server.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort(new Error("enough"));
  await assert.rejects(waiting, /^Error: enough$/);
});

Deno.test("waitForCleanup() throws RangeError on a threshold or a period of nothing", async () => {
  const endpoint = { host: "127.0.0.1", port: 1 };
  await assert.rejects(waitForCleanup(endpoint, { threshold: 0 }), RangeError);
  await assert.rejects(waitForCleanup(endpoint, { periodMs: 0 }), RangeError);
});

/** Accepts connections and says nothing on them. */
function hold(): { port: number } & AsyncDisposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const held: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) held.push(connection);
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const connection of held) connection.close();
    },
  };
}

function withVariable(name: string, value: string): Disposable {
  const before = Deno.env.get(name);
  Deno.env.set(name, value);
  return { [Symbol.dispose]: () => before === undefined ? Deno.env.delete(name) : Deno.env.set(name, before) };
}
