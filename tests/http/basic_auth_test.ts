import assert from "@std/assert";
import { basicAuthorization, dropBasicAuth, requireBasicAuth } from "../../src/http/basic_auth.ts";
import type { Handler } from "../../src/http/listener.ts";

const AUTH = { username: "peili", password: "sécret:" };
const INFO = {
  remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 1 },
  completed: Promise.resolve(),
} as Deno.ServeHandlerInfo<Deno.NetAddr>;

/** Answers with what it was told. */
const echo: Handler = ({ headers, url }) => new Response(`${new URL(url).pathname} ${headers.get("authorization")}`);

function request(path: string, authorization?: string): Request {
  return new Request(`http://127.0.0.1${path}`, { headers: authorization === undefined ? {} : { authorization } });
}

for (
  const [name, path, authorization, wanted, refusals] of [
    ["the password", "/v2/a/blobs/b", basicAuthorization(AUTH), "/v2/a/blobs/b null", 0],
    ["no password", "/v2/a/blobs/b", undefined, 404, 1],
    ["another password", "/v2/a/blobs/b", "Basic YTpi", 404, 1],
    ["a longer one", "/v2/", `${basicAuthorization(AUTH)}A`, 404, 1],
    ["a probe of readiness", "/readyz", undefined, "/readyz null", 0],
    ["a probe of life", "/livez", undefined, "/livez null", 0],
  ] as const
) {
  Deno.test(`requireBasicAuth() with ${name}`, async () => {
    let refused = 0;
    const response = await requireBasicAuth(echo, AUTH, () => refused++)(request(path, authorization), INFO);
    assert.equal(typeof wanted === "number" ? response.status : await response.text(), wanted);
    assert.equal(refused, refusals);
  });
}

Deno.test("dropBasicAuth() hides the password of the mirror, and nobody else's credentials", async () => {
  const handler = dropBasicAuth(echo, AUTH);
  assert.equal(await (await handler(request("/v2/", basicAuthorization(AUTH)), INFO)).text(), "/v2/ null");
  assert.equal(await (await handler(request("/v2/", "Basic YTpi"), INFO)).text(), "/v2/ Basic YTpi");
  assert.equal(await (await handler(request("/v2/"), INFO)).text(), "/v2/ null");
});
