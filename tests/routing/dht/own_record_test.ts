import assert from "@std/assert";
import type { NodeInfo } from "../../../src/routing/dht/member_record.ts";
import { OwnRecord, RECORD_REFRESH_MS } from "../../../src/routing/dht/own_record.ts";

function makeOwn() {
  const clock = { nowMs: 1_000_000_000_000 };
  const told: NodeInfo = { port: 5000, zone: "", load: 0, protocols: [] };
  const made: number[] = [];
  const own = new OwnRecord({
    id: Uint8Array.of(1),
    sign: ({ seq }) => Uint8Array.of(seq % 256),
    addrs: () => [],
    info: () => ({ ...told }),
    onChange: () => made.push(own.record.seq),
    now: () => clock.nowMs,
  });
  return { own, clock, told, made };
}

Deno.test("OwnRecord makes a new record when something has changed, and when the last one is old", () => {
  const { own, clock, told, made } = makeOwn();
  own.check();
  assert.deepEqual(made, []);
  told.protocols = ["/peili/flight/1"];
  own.check();
  own.check();
  assert.equal(made.length, 1);
  assert.deepEqual(own.record.protocols, ["/peili/flight/1"]);
  clock.nowMs += RECORD_REFRESH_MS;
  own.check();
  assert.equal(made.length, 2);
  assert.ok(made[1]! > made[0]!, "the newer one has the higher number");
});

Deno.test("OwnRecord tells load in steps, and not all the time", () => {
  const { own, clock, told, made } = makeOwn();
  clock.nowMs += 5_000;
  for (const load of [0.05, 0.1, 0.12]) {
    told.load = load;
    own.check();
  }
  assert.deepEqual([made.length, own.record.load], [0, 0]);
  told.load = 0.9;
  own.check();
  assert.deepEqual([made.length, own.record.load], [1, 1]);
  told.load = 0;
  own.check();
  assert.equal(made.length, 1, "not so soon");
  clock.nowMs += 2_000;
  own.check();
  assert.equal(own.record.load, 0);
});

Deno.test("OwnRecord never goes back, whatever the clock does, and ends with the node", () => {
  const { own, clock, made } = makeOwn();
  const { seq } = own.record;
  clock.nowMs -= 3_600_000;
  own.contest(seq + 10);
  clock.nowMs += 2_001 + 3_600_000;
  own.check();
  assert.ok(own.record.seq > seq + 10);
  own.leave();
  assert.ok(own.record.leaving);
  clock.nowMs += RECORD_REFRESH_MS;
  own.check();
  assert.equal(made.length, 2, "nothing comes after the last one");
});
