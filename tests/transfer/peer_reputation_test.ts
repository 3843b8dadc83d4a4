import assert from "@std/assert";
import fc from "fast-check";
import { clockAhead } from "../support/clock_ahead.ts";
import { PeerReputation } from "../../src/transfer/peer_reputation.ts";

/** A clock that the test turns. */
class Clock {
  ms = 0;
  readonly now = () => this.ms;
}

Deno.test("PeerReputation leaves a peer alone after a failure, twice as long after the next, at most a minute", () => {
  const clock = new Clock();
  const reputation = new PeerReputation(clock.now);
  const pauses = Array.from({ length: 8 }, () => {
    reputation.failed("peer");
    const startMs = clock.ms;
    while (!reputation.worthAsking("peer", "key")) clock.ms += 100;
    return (clock.ms - startMs) / 1_000;
  });
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
});

Deno.test("PeerReputation counts requests that fail together as one failure", () => {
  const clock = new Clock();
  const reputation = new PeerReputation(clock.now);
  for (let layer = 0; layer < 10; layer++) {
    reputation.failed("peer");
    clock.ms += 10;
  }
  clock.ms = 1_000;
  assert(reputation.worthAsking("peer", "key"), "a pull of ten layers is no reason to wait for a minute");
});

Deno.test("PeerReputation forgives a peer at its first success", () => {
  const clock = new Clock();
  const reputation = new PeerReputation(clock.now);
  for (let failure = 0; failure < 5; failure++) reputation.failed("peer");
  reputation.succeeded("peer");
  assert(reputation.worthAsking("peer", "key"));
  reputation.failed("peer");
  clock.ms += 1_000;
  assert(reputation.worthAsking("peer", "key"));
});

Deno.test("PeerReputation holds a missing key against the peer for that key alone", () => {
  const reputation = new PeerReputation();
  reputation.missed("peer", "key");
  assert(!reputation.worthAsking("peer", "key"));
  assert(reputation.worthAsking("peer", "other"));
  assert(reputation.worthAsking("other", "key"));
});

Deno.test("PeerReputation never leaves a peer alone for longer than a minute, whatever happened", () => {
  const DEEDS = ["failed", "succeeded", "wait"] as const;
  fc.assert(fc.property(fc.array(fc.constantFrom(...DEEDS), { maxLength: 200 }), (deeds) => {
    const clock = new Clock();
    const reputation = new PeerReputation(clock.now);
    for (const deed of deeds) {
      if (deed === "wait") clock.ms += 500;
      else reputation[deed]("peer");
    }
    clock.ms += 60_000;
    assert(reputation.worthAsking("peer", "key"));
  }));
});

Deno.test("PeerReputation never asks a peer again for what it may have lied about, for ten minutes, whatever it does", () => {
  const reputation = new PeerReputation();
  reputation.lied("peer", "digest");
  reputation.succeeded("peer");
  assert(!reputation.worthAsking("peer", "digest"));
  assert(reputation.suspect("peer", "digest"));
  assert(reputation.worthAsking("peer", "other"));
  assert(reputation.worthAsking("other", "digest"));
  using _clock = clockAhead(11 * 60_000);
  assert(reputation.worthAsking("peer", "digest"));
});
