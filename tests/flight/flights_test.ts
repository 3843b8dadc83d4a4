import assert from "@std/assert";
import type { SeatTurn } from "../../src/flight/flight_gate.ts";
import { FLIGHT_PROTOCOL } from "../../src/flight/wire/flight_message.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { DIGEST } from "./claims.ts";
import { FlightStage, inWords, TOTAL } from "./flight_stage.ts";

const OTHER: Digest = `sha256:${"cd".repeat(32)}`;
const MIB = 1024 * 1024;

/** What kind of turn a promise has come to so far. */
function watch(promise: Promise<SeatTurn>): () => string | undefined {
  let words: string | undefined;
  promise.then((turn) => words = inWords(turn), (reason) => words = String(reason));
  return () => words;
}

Deno.test("a node without others is alone, and leads those that come later", async () => {
  await using stage = new FlightStage(["a"]);
  assert.equal((await stage.join("a")).type, "alone");
  stage.cluster.add("b");
  assert.equal(inWords(await stage.next(await stage.follow("b"))), "read a, growing");
});

Deno.test("one leads and the others read from it as it grows, or from each other", async () => {
  await using stage = new FlightStage(["a", "b", "c", "d", "e"]);
  assert.equal((await stage.join("a")).type, "lead");
  const parents: string[] = [];
  for (const id of ["b", "c", "d", "e"]) parents.push(inWords(await stage.next(await stage.follow(id))));
  assert.deepEqual(parents, ["read a, growing", "read a, growing", "read b, growing", "read c, growing"]);
  assert.equal(stage.flights("e").holds(DIGEST), true);
  assert.equal(stage.flights("e").holds(OTHER), false);
});

Deno.test("a source is named once its ingest exists", async () => {
  await using stage = new FlightStage(["a", "b"]);
  await stage.join("a", { ingest: false });
  const seat = await stage.follow("b");
  const turn = watch(seat.next(0));
  await stage.pass(500);
  assert.equal(turn(), undefined);
  stage.node("a").store.begin(DIGEST, TOTAL);
  await stage.pass(1_500);
  assert.equal(turn(), "read a, growing");
  assert.equal(seat.total, TOTAL);
});

Deno.test("who does not wait any longer for a turn can ask again", async () => {
  await using stage = new FlightStage(["a", "b"]);
  await stage.join("a", { ingest: false });
  const seat = await stage.follow("b");
  const late = new AbortController();
  const turn = seat.next(0, { signal: late.signal });
  turn.catch(() => {});
  await stage.pass(100);
  late.abort(new DOMException("too late", "TimeoutError"));
  await assert.rejects(stage.settled(turn), { name: "TimeoutError" });
  stage.node("a").store.begin(DIGEST, TOTAL);
  assert.equal(inWords(await stage.next(seat)), "read a, growing");
});

Deno.test("a lead that never begins is none after a second, and exactly one other becomes it", async () => {
  await using stage = new FlightStage(["a", "b", "c", "d"]);
  await stage.join("a", { ingest: false });
  const seats = [await stage.follow("b"), await stage.follow("c"), await stage.follow("d")];
  const turns = seats.map((seat) => watch(seat.next(0)));
  await stage.pass(900);
  assert.deepEqual(turns.map((turn) => turn()), [undefined, "read b, growing", "read b, growing"]);
  await stage.pass(1_500);
  assert.deepEqual(turns.map((turn) => turn()), ["lead", "read b, growing", "read b, growing"]);
});

Deno.test("a lead whose ingest is gone is replaced by the furthest, who is lead when its client opens again", async () => {
  await using stage = new FlightStage(["a", "b", "c"]);
  await stage.join("a");
  const seats = [await stage.follow("b"), await stage.follow("c")] as const;
  for (const [index, id] of ["b", "c"].entries()) {
    assert.equal(inWords(await stage.next(seats[index]!)), "read a, growing");
    stage.node(id).store.grow(DIGEST, (index + 1) * MIB);
    seats[index]!.received((index + 1) * MIB);
  }
  await stage.pass(1_500);
  stage.node("a").store.abort(DIGEST);
  await stage.pass(700);
  assert.equal(inWords(await stage.next(seats[1], 2 * MIB, { failure: "lost" })), "lead");
  seats[1].ended(false);
  assert.equal((await stage.join("c", { offset: 2 * MIB })).type, "lead");
  assert.equal(inWords(await stage.next(seats[0], MIB, { failure: "lost" })), "read c, growing");
  assert.equal((await stage.cluster.metrics.promotions.get()).values[0]?.value, 1);
});

Deno.test("a body that still gets bytes goes on when its node is made lead", async () => {
  await using stage = new FlightStage(["a", "b"]);
  await stage.join("a");
  const seat = await stage.follow("b");
  const turn = await stage.read(seat);
  stage.node("a").store.abort(DIGEST);
  for (let count = 0; count < 30; count++) {
    seat.received(1_000);
    await stage.pass(100);
  }
  assert.equal(turn.signal.aborted, false);
  await stage.pass(1_500);
  assert.equal(turn.signal.aborted, true);
  assert.equal(inWords(await stage.next(seat, 30_000)), "lead");
});

Deno.test("after a 404, wrong bytes or a refusal another source is named, and the right one told to others", async () => {
  for (const failure of ["missing", "bad", "full", "lost"] as const) {
    await using stage = new FlightStage(["a", "b", "c", "d"]);
    await stage.join("a");
    await stage.follow("b");
    await stage.follow("c");
    const seat = await stage.follow("d");
    assert.equal(inWords(await stage.next(seat)), "read b, growing");
    assert.equal(inWords(await stage.next(seat, 0, { failure })), "read c, growing", failure);
  }
});

Deno.test("a source that tells another size than the manifest is not read", async () => {
  await using stage = new FlightStage(["a", "b"]);
  stage.node("a").store.begin(DIGEST, TOTAL + 1);
  await stage.join("a", { ingest: false });
  const seat = await stage.follow("b");
  const turn = watch(seat.next(0));
  await stage.pass(3_000);
  assert.equal(turn(), "lead");
});

Deno.test("a source that has more but gives nothing is left after five seconds", async () => {
  await using stage = new FlightStage(["a", "b", "c"]);
  await stage.join("a");
  await stage.follow("b");
  const seat = await stage.follow("c");
  const turn = await stage.read(seat);
  for (let step = 1; step <= 8; step++) {
    stage.node("a").store.grow(DIGEST, step * MIB);
    stage.node("b").store.grow(DIGEST, step * MIB);
    await stage.pass(1_000);
  }
  assert.equal(turn.signal.aborted, true);
  assert.notEqual((await stage.read(seat)).member.id, turn.member.id);
});

Deno.test("a source that is gone from the cluster is left at once", async () => {
  await using stage = new FlightStage(["a", "b", "c", "d"]);
  await stage.join("a");
  await stage.follow("b");
  await stage.follow("c");
  const seat = await stage.follow("d");
  const turn = await stage.read(seat);
  assert.equal(turn.member.id, "b");
  stage.cluster.kill("b", "closed");
  await stage.pass(700);
  assert.equal(turn.signal.aborted, true);
  assert.equal(inWords(await stage.next(seat)), "read a, growing");
});

Deno.test("bodies without a byte make way for what their node leads, twice in a row", async () => {
  await using stage = new FlightStage(["a", "b"]);
  await stage.join("b", { digest: OTHER }); // b leads, and its containerd waits for a slot
  await stage.join("a");
  await stage.pass(300);
  for (let count = 0; count < 2; count++) {
    const seat = await stage.follow("b");
    assert.equal(inWords(await stage.next(seat)), "yield");
    seat.ended(false);
  }
  const seat = await stage.follow("b");
  const turn = await stage.next(seat);
  assert.equal(inWords(turn), "read a, growing");
  assert.equal((await stage.cluster.metrics.yields.get()).values[0]?.value, 2);
});

Deno.test("a body that waits for its first byte makes way in the middle, one with bytes does not", async () => {
  await using stage = new FlightStage(["a", "b", "c"]);
  await stage.join("a");
  const seats = [await stage.follow("b"), await stage.follow("c")] as const;
  const turns = [await stage.next(seats[0]), await stage.next(seats[1])] as const;
  seats[1].received(MIB);
  for (const id of ["b", "c"]) await stage.join(id, { digest: id === "b" ? OTHER : `sha256:${"ef".repeat(32)}` });
  await stage.pass(800);
  assert.deepEqual(turns.map((turn) => turn.type === "read" && turn.signal.aborted), [true, false]);
  assert.equal(inWords(await stage.next(seats[0])), "yield");
});

Deno.test("a body does not make way once the lead of its node has its first byte", async () => {
  await using stage = new FlightStage(["a", "b"]);
  await stage.join("b", { digest: OTHER });
  stage.node("b").store.grow(OTHER, MIB);
  await stage.join("a");
  await stage.pass(500);
  assert.equal(inWords(await stage.next(await stage.follow("b"))), "read a, growing");
});

Deno.test("who has finished is found, until it answers 404 or says that it has it no more", async () => {
  for (const loss of ["gone", "removed"] as const) {
    await using stage = new FlightStage(["a", "b", "c"]);
    await stage.join("a");
    stage.node("a").store.commit(DIGEST);
    await stage.pass(500);
    const verdict = await stage.join("b");
    assert.deepEqual(verdict.type === "found" && verdict.members.map(({ id }) => id), ["a"]);
    assert.equal(stage.flights("b").holds(DIGEST), true, "others may read what b is getting");
    if (loss === "gone") stage.flights("b").gone("a", { digest: DIGEST });
    else stage.flights("a").removed(DIGEST);
    await stage.pass(500);
    assert.equal((await stage.join("b")).type, "lead");
  }
});

Deno.test("content of which bytes were wrong is followed and given to nobody for ten minutes", async () => {
  await using stage = new FlightStage(["a", "b", "c"]);
  await stage.join("a");
  await stage.follow("b");
  stage.flights("b").suspect(DIGEST);
  assert.equal(stage.flights("b").isSuspect(DIGEST), true);
  assert.equal(stage.flights("b").holds(DIGEST), false);
  assert.equal((await stage.join("b")).type, "lead");
  await stage.pass(500);
  assert.equal(inWords(await stage.next(await stage.follow("c"))), "read a, growing");
  await stage.pass(10 * 60_000);
  assert.equal(stage.flights("b").isSuspect(DIGEST), false);
});

Deno.test("what cannot be verified is read by nobody else", async () => {
  await using stage = new FlightStage(["a", "b", "c", "d"]);
  await stage.join("a");
  for (const id of ["b", "c"]) await stage.follow(id);
  stage.flights("b").withhold(DIGEST);
  await stage.pass(100);
  assert.equal(stage.flights("b").holds(DIGEST), false);
  assert.equal(inWords(await stage.next(await stage.follow("d"))), "read c, growing");
});

Deno.test("a member that gave wrong bytes is named to nobody any more", async () => {
  await using stage = new FlightStage(["a", "b", "c"]);
  await stage.join("a");
  await stage.follow("b");
  stage.flights("b").bad("a", DIGEST);
  await stage.pass(300);
  assert.equal(inWords(await stage.next(await stage.follow("c"))), "read b, growing");
});

Deno.test("without a byte from anywhere one node after the other goes upstream, never two in one hold", async () => {
  await using stage = new FlightStage(["a", "b", "c", "d"], { holdMs: 10_000 });
  await stage.join("a");
  const turns: (() => string | undefined)[] = [];
  for (const id of ["b", "c", "d"]) {
    const seat = await stage.follow(id);
    const waiting = (async () => {
      for (;;) {
        const turn = await seat.next(0);
        if (turn.type !== "read") return turn;
        await new Promise((resolve) => turn.signal.addEventListener("abort", resolve, { once: true }));
      }
    })();
    turns.push(watch(waiting));
  }
  const leads: number[] = [];
  for (let second = 1; second <= 50; second++) {
    await stage.pass(1_000);
    leads.push(turns.filter((turn) => turn() !== undefined).length);
  }
  assert.equal(leads[8], 0);
  assert.equal(leads[16], 1);
  assert.equal(leads.at(-1), 3, "every waiter ends");
  assert.deepEqual(leads.filter((count, index) => count - (leads[index - 1] ?? 0) > 1), []);
});

Deno.test("when nobody can be asked, the verdict is to lead, in the time for claims", async () => {
  await using stage = new FlightStage(["a", "b", "c", "d"], { claimTimeoutMs: 150 });
  stage.node("a").store.begin(DIGEST, TOTAL);
  for (const id of ["b", "c", "d"]) stage.cluster.kill(id, "silent");
  const begin = stage.cluster.clock.nowMs();
  // The digest is chosen so that others are closer to it.
  const digest = await digestAwayFrom(stage, "a");
  const verdict = await stage.join("a", { digest });
  assert.equal(verdict.type, "lead");
  assert(stage.cluster.clock.nowMs() - begin <= 200);
});

Deno.test("a claim ends with its client", async () => {
  await using stage = new FlightStage(["a", "b", "c", "d"]);
  for (const id of ["b", "c", "d"]) stage.cluster.kill(id, "silent");
  const client = new AbortController();
  const digest = await digestAwayFrom(stage, "a");
  const joining = stage.flights("a").join({ digest, signal: client.signal });
  joining.catch(() => {});
  await stage.pass(30);
  client.abort(new DOMException("gone", "AbortError"));
  await assert.rejects(stage.settled(joining, 1), { name: "AbortError" });
  await assert.rejects(stage.flights("a").join({ digest, signal: client.signal }), { name: "AbortError" });
});

Deno.test("a node that stops says goodbye, and another one leads at once", async () => {
  await using stage = new FlightStage(["a", "b", "c"]);
  await stage.join("a");
  const seat = await stage.follow("b");
  await stage.next(seat);
  await stage.settled(stage.flights("a")[Symbol.asyncDispose]());
  await stage.pass(200);
  assert.equal(inWords(await stage.next(seat, 0, { failure: "lost" })), "lead");
});

Deno.test("a part in a flight ends with the download, whatever way that goes", async () => {
  await using stage = new FlightStage(["a", "b"]);
  await stage.join("a");
  const seat = await stage.follow("b");
  await stage.next(seat);
  stage.node("b").store.abort(DIGEST); // the client went away
  seat.ended(false);
  seat.ended(false);
  await stage.pass(2_000);
  assert.equal(stage.flights("b").holds(DIGEST), false);
  stage.node("a").store.commit(DIGEST);
  await stage.pass(2_000);
  assert.equal(stage.flights("a").holds(DIGEST), false);
});

Deno.test("what is coordinated is forgotten in time", async () => {
  await using stage = new FlightStage(["a", "b", "c"]);
  await stage.join("a");
  stage.node("a").store.commit(DIGEST);
  await stage.pass(1_000);
  assert.match(await stage.metricsText(), /^peili_flights{role="coordinate"} 1$/m);
  await stage.pass(70_000);
  assert.match(await stage.metricsText(), /^peili_flights{role="coordinate"} 0$/m);
});

Deno.test("a node tells how many flights it leads and follows, and how its requests were decided", async () => {
  await using stage = new FlightStage(["a", "b", "c"]);
  await stage.join("a");
  const seat = await stage.follow("b");
  await stage.next(seat);
  assert.match(await stage.metricsText(), /^peili_flights{role="lead"} 1$/m);
  assert.match(await stage.metricsText(), /^peili_flights{role="follow"} 1$/m);
  assert.match(await stage.metricsText(), /^peili_flight_verdicts_total{verdict="follow"} 1$/m);
  await stage.settled(stage.flights("b")[Symbol.asyncDispose]());
  assert.match(await stage.metricsText(), /^peili_flights{role="follow"} 0$/m);
});

Deno.test("a message that is none is given no answer", async () => {
  await using stage = new FlightStage(["a", "b"]);
  const { network } = stage.cluster;
  const call = network.deliver("a", "b", FLIGHT_PROTOCOL, new TextEncoder().encode("{}"));
  await assert.rejects(stage.settled(call), SyntaxError);
});

Deno.test("a node refuses options that make no sense", () => {
  assert.throws(() => new FlightStage(["a"], { holdMs: 0 }), RangeError);
  assert.throws(() => new FlightStage(["a"], { claimTimeoutMs: -1 }), RangeError);
  assert.throws(() => new FlightStage(["a"], { rules: { fanOut: 0 } }), RangeError);
});

/** Finds content whose three closest nodes are all others. */
async function digestAwayFrom(stage: FlightStage, id: string): Promise<Digest> {
  for (let count = 0;; count++) {
    const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${count}`)));
    const digest: Digest = `sha256:${bytes.toHex()}`;
    if (stage.cluster.network.order(digest).indexOf(id) === 3) return digest;
  }
}
