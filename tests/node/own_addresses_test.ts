import assert from "@std/assert";
import { OwnHost } from "../../src/http/own_host.ts";

Deno.test("OwnHost knows every address of this machine", () => {
  const host = new OwnHost();
  const addresses = Deno.networkInterfaces().map(({ address }) => address);
  assert(addresses.length > 0);
  for (const address of addresses) {
    assert(host.has(address), address);
    if (!address.includes(":")) assert(host.has(`::ffff:${address}`), address);
  }
});
