/**
 * A DHT router in a process of its own: started with its options as JSON, it reads commands from standard input and
 * writes one line of JSON for each.
 *
 * @module
 */
import { createNoBootstrapper } from "../../../src/bootstrap/none.ts";
import { createStaticBootstrapper } from "../../../src/bootstrap/static.ts";
import { openDhtRouter } from "../../../src/routing/dht/open_dht_router.ts";
import type { RouterCommand, RouterProgramOptions } from "./router_command.ts";
import { readJsonLines } from "../../support/json_lines.ts";

const { hostname, port = 0, registryPort, peers = [], dataDir }: RouterProgramOptions = JSON.parse(Deno.args[0] ?? "");
const bootstrapper = peers.length > 0 ? createStaticBootstrapper({ peers }) : createNoBootstrapper();
const router = await openDhtRouter({ bootstrapper }, { listen: { hostname, port }, registryPort, dataDir });

function write(value: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(value ?? null)}\n`));
}

async function answer(command: RouterCommand): Promise<unknown> {
  switch (command.do) {
    case "announce":
      return router.announce(command.keys);
    case "withdraw":
      return router.withdraw(command.keys);
    case "lookup":
      return await Array.fromAsync(router.lookup(command.key));
    case "state":
      return router.state();
  }
}

write({ id: router.id, peers: router.addresses().map((address) => `${address}/p2p/${router.id}`) });
for await (const command of readJsonLines(Deno.stdin.readable)) write(await answer(command as RouterCommand));
await router[Symbol.asyncDispose]();
Deno.exit(0);
