import assert from "@std/assert";
import fc from "fast-check";
import { clockAhead } from "../support/clock_ahead.ts";
import { PeerReputation } from "../../src/transfer/peer_reputation.ts";
import { objectPath } from "./object_path.ts";

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
    while (!reputation.worthAsking("peer", objectPath("key"))) clock.ms += 100;
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
  assert(reputation.worthAsking("peer", objectPath("key")), "a pull of ten layers is no reason to wait for a minute");
});

Deno.test("PeerReputation forgives a peer at its first success", () => {
  const clock = new Clock();
  const reputation = new PeerReputation(clock.now);
  for (let failure = 0; failure < 5; failure++) reputation.failed("peer");
  reputation.succeeded("peer");
  assert(reputation.worthAsking("peer", objectPath("key")));
  reputation.failed("peer");
  clock.ms += 1_000;
  assert(reputation.worthAsking("peer", objectPath("key")));
});

Deno.test("PeerReputation holds a missing key against the peer for that key alone", () => {
  const reputation = new PeerReputation();
  reputation.missed("peer", objectPath("key"));
  assert(!reputation.worthAsking("peer", objectPath("key")));
  assert(reputation.worthAsking("peer", objectPath("other")));
  assert(reputation.worthAsking("other", objectPath("key")));
});

Deno.test("PeerReputation forgets a missing key when somebody knows that the peer has it now", () => {
  const reputation = new PeerReputation();
  reputation.missed("peer", objectPath("key"));
  reputation.missed("peer", objectPath("other"));
  reputation.gained("peer", objectPath("key"));
  assert(reputation.worthAsking("peer", objectPath("key")));
  assert(!reputation.worthAsking("peer", objectPath("other")));
});

Deno.test("PeerReputation holds a missing object against the peer in that repository alone", () => {
  const reputation = new PeerReputation();
  reputation.missed("peer", objectPath("key", "private/a"));
  assert(!reputation.worthAsking("peer", objectPath("key", "private/a")));
  assert(reputation.worthAsking("peer", objectPath("key", "public/a")), "it may belong to this one");
});

Deno.test("PeerReputation leaves a peer that is full alone for as long as it says, within bounds", () => {
  for (const [saidMs, waitMs] of [[1_000, 1_000], [0, 200], [3_600_000, 5_000]] as const) {
    const reputation = new PeerReputation();
    reputation.full("peer", saidMs);
    assert(reputation.busy("peer") && !reputation.worthAsking("peer", objectPath("key")));
    {
      using _clock = clockAhead(waitMs - 100);
      assert(reputation.busy("peer"));
    }
    using _clock = clockAhead(waitMs + 100);
    assert(!reputation.busy("peer") && reputation.worthAsking("peer", objectPath("key")));
  }
});

Deno.test("PeerReputation does not count a peer that is full as failed", () => {
  const clock = new Clock();
  const reputation = new PeerReputation(clock.now);
  for (let count = 0; count < 5; count++) reputation.full("peer", 200);
  using _clock = clockAhead(300);
  assert(reputation.worthAsking("peer", objectPath("key")));
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
    assert(reputation.worthAsking("peer", objectPath("key")));
  }));
});

Deno.test("PeerReputation never asks a peer again for what it may have lied about, for ten minutes, whatever it does", () => {
  const reputation = new PeerReputation();
  reputation.lied("peer", "digest");
  reputation.succeeded("peer");
  assert(!reputation.worthAsking("peer", objectPath("digest")));
  assert(reputation.suspect("peer", "digest"));
  assert(reputation.worthAsking("peer", objectPath("other")));
  assert(reputation.worthAsking("other", objectPath("digest")));
  using _clock = clockAhead(11 * 60_000);
  assert(reputation.worthAsking("peer", objectPath("digest")));
});
