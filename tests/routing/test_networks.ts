import type { RouterNetwork } from "./router_fixture.ts";

/** Registers a test that is given an empty network. */
export type Test = (what: string, body: (network: RouterNetwork) => Promise<void>) => void;

/**
 * Registers tests of networks.
 *
 * @param name Begins the name of every test.
 * @param open Opens an empty network.
 * @param register Registers the tests.
 */
export function testNetworks(name: string, open: () => Promise<RouterNetwork>, register: (test: Test) => void): void {
  register((what, body) => {
    Deno.test(`${name}: ${what}`, async () => {
      await using network = await open();
      await body(network);
    });
  });
}
