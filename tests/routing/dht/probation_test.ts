import "./warm_up.ts";
import assert from "@std/assert";
import { until } from "../../support/until.ts";
import { providersOf } from "../router_fixture.ts";
import { LoopbackNetwork } from "./loopback_network.ts";

Deno.test("a node that is there but cannot be fetched from is left out of answers for a moment, longer each time", async () => {
  await using network = new LoopbackNetwork();
  const [first, second] = [await network.open(7001), await network.open(7002)];
  second.announce(["key"]);
  await until("the provider", async () => (await providersOf(first, "key")).length === 1);
  const pausesMs: number[] = [];
  for (let time = 0; time < 2; time++) {
    first.failed(second.id);
    assert.deepEqual(await providersOf(first, "key"), []);
    const startMs = performance.now();
    await until("the provider", async () => (await providersOf(first, "key")).length === 1, { timeoutMs: 10_000 });
    pausesMs.push(performance.now() - startMs);
  }
  assert.ok(pausesMs[0]! >= 900 && pausesMs[1]! >= 1_900, `${pausesMs}`);
  assert.equal(first.state().peers, 1, "it was a peer all the time");
});

Deno.test("failures that belong together count once, and those of strangers not at all", async () => {
  await using network = new LoopbackNetwork();
  const [first, second] = [await network.open(7001), await network.open(7002)];
  second.announce(["key"]);
  await until("the provider", async () => (await providersOf(first, "key")).length === 1);
  first.failed("nobody");
  for (let time = 0; time < 10; time++) first.failed(second.id);
  await until("the provider", async () => (await providersOf(first, "key")).length === 1, { timeoutMs: 3_000 });
});
