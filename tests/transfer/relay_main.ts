/**
 * Relays the blob of the tests from one peer, and prints how long it was: `relay_main.ts <host> <size>`.
 *
 * @module
 */
import { RelayFixture } from "./relay_fixture.ts";

const [host = "", size = ""] = Deno.args;
using relay = new RelayFixture({ providers: [[host]] });
const body = await relay.open({ size: Number(size) });
console.log((await new Response(body).bytes()).length);
