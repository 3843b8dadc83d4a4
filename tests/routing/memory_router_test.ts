import assert from "@std/assert";
import { MemoryNetwork } from "../../src/routing/memory_router.ts";
import type { Router } from "../../src/routing/router.ts";
import { testRouter } from "./conformance.ts";
import { testMembers } from "./member_conformance.ts";
import type { RouterNetwork } from "./router_fixture.ts";

testRouter("memory router", openNetwork);
testMembers("memory router", openNetwork);

function openNetwork(): Promise<RouterNetwork> {
  const network = new MemoryNetwork();
  const routers: Router[] = [];
  return Promise.resolve({
    open(port, told) {
      const router = network.open({ hosts: [`127.0.0.1:${port}`], ...told });
      routers.push(router);
      return Promise.resolve(router);
    },
    async [Symbol.asyncDispose]() {
      for (const router of routers) await router[Symbol.asyncDispose]();
    },
  });
}

Deno.test("MemoryNetwork.open() throws RangeError without a host, and when the id is taken", () => {
  const network = new MemoryNetwork();
  network.open({ id: "a", hosts: ["127.0.0.1:1"] });
  assert.throws(() => network.open({ hosts: [] }), RangeError);
  assert.throws(() => network.open({ id: "a", hosts: ["127.0.0.1:1"] }), RangeError);
});

Deno.test("a withdrawn key is no longer found in a memory network", async () => {
  const network = new MemoryNetwork();
  const [first, second] = [network.open({ hosts: ["127.0.0.1:1"] }), network.open({ hosts: ["127.0.0.1:2"] })];
  first.announce(["key"]);
  assert.equal((await Array.fromAsync(second.lookup("key"))).length, 1);
  first.withdraw(["key"]);
  assert.deepEqual(await Array.fromAsync(second.lookup("key")), []);
});
