import assert from "@std/assert";
import { MINUTE_MS, SECOND_MS } from "../../../src/core/units.ts";
import { makeMember, makeRoster } from "./member_fixture.ts";

Deno.test("Roster.take() learns of members, the newest record of each, and passes each on once", async () => {
  const { roster, told } = await makeRoster();
  const member = await makeMember();
  const first = member.record({ seq: 5, zone: "north" });
  const peer = roster.take(first);
  assert.equal(peer?.id, member.id.toString());
  assert.deepEqual(peer?.info, { port: 5000, zone: "north", load: 0, protocols: [] });
  roster.take(first);
  roster.take(member.record({ seq: 4, zone: "old" }));
  assert.equal(peer?.info?.zone, "north");
  roster.take(member.record({ seq: 6, zone: "south" }));
  assert.equal(peer?.info?.zone, "south");
  assert.deepEqual(told, [`record ${peer?.id}`, `record ${peer?.id}`]);
});

Deno.test("Roster.take() knows no member by a record that it has not made", async () => {
  const { roster, told } = await makeRoster();
  const [victim, forger] = [await makeMember(), await makeMember()];
  assert.equal(roster.take(forger.record({ id: victim.id.toMultihash().bytes })), undefined);
  assert.deepEqual([[...roster.members()], told], [[], []]);
});

Deno.test("Roster.take() leaves records aside that are too old, lead nowhere, or are too many", async () => {
  const { roster } = await makeRoster({ maxMembers: 1 });
  const [first, second] = [await makeMember(), await makeMember()];
  assert.equal(roster.take({ ...first.record(), ageMs: 16 * MINUTE_MS }), undefined);
  assert.equal(roster.take(first.record({ addrs: [] })), undefined);
  assert.ok(roster.take(first.record()));
  assert.equal(roster.take(second.record()), undefined);
  assert.ok(roster.take(first.record({ seq: 2 })), "one that is known is not one too many");
});

Deno.test("a record that others have been passing on for long is no sign of life", async () => {
  const { roster, clock, told } = await makeRoster();
  const member = await makeMember();
  const peer = roster.take({ ...member.record(), ageMs: 10 * MINUTE_MS });
  clock.nowMs += 5 * MINUTE_MS;
  roster.check();
  assert.equal([...roster.members()].length, 1);
  clock.nowMs += MINUTE_MS;
  roster.check();
  assert.deepEqual(told.at(-1), `gone ${peer?.id}`);
});

Deno.test("a member that says that it stops is gone, until it says that it is back", async () => {
  const { roster, told } = await makeRoster();
  const member = await makeMember();
  const peer = roster.take(member.record({ seq: 1 }));
  roster.take(member.record({ seq: 2, leaving: true }));
  assert.deepEqual([...roster.members()], []);
  assert.deepEqual(told.slice(1), [`gone ${peer?.id}`, `ended ${peer?.id}`, `record ${peer?.id}`]);
  roster.take(member.record({ seq: 1 }));
  assert.deepEqual([...roster.members()], [], "an old record says nothing");
  roster.take(member.record({ seq: 3 }));
  assert.deepEqual([...roster.members()], [peer]);
});

Deno.test("a member that was started anew no longer provides what it announced before", async () => {
  const { roster, told } = await makeRoster();
  const member = await makeMember();
  const peer = roster.take(member.record({ seq: 1, startedMs: 1 }));
  roster.take(member.record({ seq: 2, startedMs: 1 }));
  assert.ok(!told.includes(`ended ${peer?.id}`), "the same life");
  roster.take(member.record({ seq: 3, startedMs: 2 }));
  roster.take(member.record({ seq: 2, startedMs: 1 }));
  assert.equal(told.filter((text) => text === `ended ${peer?.id}`).length, 1);
  assert.deepEqual([...roster.members()], [peer]);
});

Deno.test("a suspected member is not named at once, and is gone unless it makes a new record", async () => {
  const { roster, book, clock, told } = await makeRoster();
  const [mute, alive] = [await makeMember(), await makeMember()];
  const peers = [roster.take(mute.record())!, roster.take(alive.record())!] as const;
  for (const { shortId } of peers) roster.suspect({ shortId, seq: 1 });
  assert.deepEqual(peers.map((peer) => book.isNameable(peer)), [false, false]);
  assert.equal(told.filter((text) => text === "suspicion").length, 2, "it is passed on");
  roster.take(alive.record({ seq: 2 }));
  assert.deepEqual(peers.map((peer) => book.isNameable(peer)), [false, true]);
  clock.nowMs += 3 * SECOND_MS;
  roster.check();
  assert.deepEqual([...roster.members()], [peers[1]]);
  roster.take(mute.record({ seq: 2 }));
  assert.equal([...roster.members()].length, 2, "it was only slow");
});

Deno.test("a suspicion of a member that is connected is told to that member, once for each record", async () => {
  const { roster, book, told } = await makeRoster();
  const member = await makeMember();
  const peer = roster.take(member.record({ seq: 5 }))!;
  book.connected(peer, undefined);
  for (const seq of [4, 5, 5]) roster.suspect({ shortId: peer.shortId, seq });
  assert.deepEqual([told.slice(1), book.isNameable(peer)], [[`mistaken ${peer.id}`], true]);
  roster.take(member.record({ seq: 6 }));
  roster.suspect({ shortId: peer.shortId, seq: 6 });
  assert.equal(told.filter((text) => text === `mistaken ${peer.id}`).length, 2);
});

Deno.test("a member that others have lost is looked for, as it may not hear of that", async () => {
  const { roster, clock } = await makeRoster();
  const member = await makeMember();
  const peer = roster.take(member.record())!;
  roster.suspect({ shortId: peer.shortId, seq: 1 });
  clock.nowMs += 3 * SECOND_MS;
  roster.check();
  assert.ok(
    peer.hearsay && peer.retryAtMs >= clock.nowMs + 5 * SECOND_MS && peer.retryAtMs < clock.nowMs + 11 * SECOND_MS,
  );
  roster.take(member.record({ seq: 2 }));
  assert.equal(peer.retryAtMs, 0, "it has said that it is there");
});

Deno.test("a suspicion says nothing of members in newer records, and of strangers", async () => {
  const { roster, book, told } = await makeRoster();
  const peer = roster.take((await makeMember()).record({ seq: 5 }))!;
  roster.suspect({ shortId: peer.shortId, seq: 4 });
  const stranger = await makeRoster();
  stranger.roster.suspect({ shortId: peer.shortId, seq: 5 });
  assert.deepEqual([told, stranger.told, book.isNameable(peer)], [[`record ${peer.id}`], [], true]);
});

Deno.test("a node that others suspect, or know in a later record, makes a higher one, but not all the time", async () => {
  const { roster, own, clock, told } = await makeRoster();
  const [entry] = roster.digest();
  roster.suspect({ shortId: entry!.shortId, seq: entry!.seq + 50 });
  own.check();
  assert.equal(own.record.seq, entry!.seq, "not so soon after the last one");
  clock.nowMs += 2 * SECOND_MS;
  own.check();
  assert.ok(own.record.seq > entry!.seq + 50);
  own.check();
  assert.deepEqual(told, ["own record"]);
});

Deno.test("a member that this node has lost itself is told of once for each record, and tried again when it says more", async () => {
  const { roster, book, clock, told } = await makeRoster();
  const member = await makeMember();
  const peer = roster.take(member.record({ seq: 1 }))!;
  book.markUnreachable(peer);
  roster.lost(peer);
  roster.lost(peer);
  assert.equal(told.filter((text) => text === "suspicion").length, 1);
  peer.retryAtMs = clock.nowMs + MINUTE_MS;
  roster.take(member.record({ seq: 2 }));
  assert.ok(peer.retryAtMs <= clock.nowMs + SECOND_MS, "soon");
  assert.deepEqual([...roster.members()], [], "it may have been made before the loss");
});

Deno.test("a later record of a member that this node has lost itself is believed once, and again when it has connected", async () => {
  const { roster, book, clock } = await makeRoster();
  const member = await makeMember();
  const peer = roster.take(member.record({ seq: 1 }))!;
  const loseAndHear = (seq: number) => {
    book.markUnreachable(peer);
    clock.nowMs += 2 * SECOND_MS;
    roster.take(member.record({ seq }));
    return book.isAlive(peer);
  };
  assert.deepEqual([loseAndHear(2), loseAndHear(3)], [true, false]);
  book.connected(peer, undefined);
  assert.deepEqual([loseAndHear(4), loseAndHear(5)], [true, false]);
});

Deno.test("a member that was started anew is believed to be there as soon as it says so", async () => {
  const { roster, book } = await makeRoster();
  const member = await makeMember();
  const peer = roster.take(member.record({ seq: 1, startedMs: 1 }))!;
  book.markUnreachable(peer);
  roster.take(member.record({ seq: 2, startedMs: 2 }));
  assert.ok(book.isAlive(peer));
});
