import assert from "@std/assert";
import { MIB } from "../../src/core/units.ts";
import type { SimulatedMembers } from "../simulation/simulated_network.ts";
import { SimulatedCluster } from "../simulation/simulated_cluster.ts";
import { DIGEST } from "./claims.ts";

/** Rewrites a message as a later version might write it: with fields and words that this one does not know. */
function later(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytes;
  const message = JSON.parse(new TextDecoder().decode(bytes));
  const added = { ...message, version: "2.5", signed: { by: "somebody", at: 5 } };
  if (added.claim) {
    added.claim = { ...added.claim, priority: 9, failures: added.claim.failures.map(withMood) };
    if (added.claim.state === "queued") added.claim.state = "preheating";
  }
  if (added.sources) added.sources = added.sources.map(withMood);
  if (added.members) added.members = added.members.map(withMood);
  return new TextEncoder().encode(JSON.stringify(added));
}

function withMood(value: object): object {
  return { ...value, mood: "good" };
}

/** Has a node speak as a later version would. */
function speakLater(members: SimulatedMembers): void {
  const request = members.request.bind(members);
  members.request = (to, protocol, message, options) => request(to, protocol, later(message), options);
  for (const [protocol, responder] of members.responders) {
    members.responders.set(protocol, async (message, from) => later(await responder(message, from)));
  }
}

/** The protocol in a version that this one would misread. */
const NEXT_PROTOCOL = "/peili/flight/2";

/** Has nodes pull, one of which dies in the middle. Returns how many are complete in the end. */
async function pullAll(cluster: SimulatedCluster, dying: string): Promise<number> {
  const pulls = [...cluster.nodes.values()].map((node) => node.pull(DIGEST, 16 * MIB));
  let complete: number | undefined;
  Promise.allSettled(pulls).then((results) => {
    complete = results.filter(({ status }) => status === "fulfilled").length;
  });
  cluster.clock.after(1_000, () => cluster.kill(dying, "closed"));
  await cluster.clock.run(() => complete !== undefined, 60_000);
  return complete ?? assert.fail("somebody waits for ever");
}

function openCluster(): { cluster: SimulatedCluster; ids: string[] } {
  const cluster = new SimulatedCluster({ seed: 5, linkBytesPerSecond: 125e6, upstreamBytesPerSecond: 10e6 });
  const ids = Array.from({ length: 12 }, (_, index) => `node-${index}`);
  for (const id of ids) cluster.add(id);
  return { cluster, ids };
}

Deno.test("this version and a later one fly together, and upstream is asked for one copy", async () => {
  const { cluster, ids } = openCluster();
  for (const [index, id] of ids.entries()) if (index % 2 === 0) speakLater(cluster.network.membersOf(id));
  assert.equal(await pullAll(cluster, "node-3"), 11);
  assert(cluster.upstreamBytes <= 17 * MIB, `upstream sent ${cluster.upstreamBytes} bytes`);
  await cluster.stop();
});

Deno.test("nodes that speak the next protocol beside this one fly along, and those that speak it alone are not asked", async () => {
  const { cluster, ids } = openCluster();
  let asked = 0;
  const refuse = () => {
    asked++;
    return Promise.reject(new SyntaxError("Cannot read a message of another version"));
  };
  for (const [index, id] of ids.entries()) {
    if (index % 2 === 0) cluster.network.membersOf(id).respond(NEXT_PROTOCOL, refuse);
  }
  // The closest two to the content, which would coordinate, if this protocol were theirs.
  for (let index = 0, closest = 0; closest < 2; index++) {
    const id = `next-${index}`;
    const members = cluster.network.join(id);
    if (cluster.network.order(DIGEST).indexOf(id) > closest) cluster.network.kill(id, "closed");
    else closest++;
    members.respond(NEXT_PROTOCOL, refuse);
  }
  await cluster.clock.pass(1_000);
  assert.deepEqual(cluster.network.order(DIGEST).slice(0, 2).map((id) => id.startsWith("next-")), [true, true]);
  assert.equal(await pullAll(cluster, "node-3"), 11);
  assert(cluster.upstreamBytes <= 17 * MIB, `upstream sent ${cluster.upstreamBytes} bytes`);
  assert.equal(asked, 0);
  await cluster.stop();
});
