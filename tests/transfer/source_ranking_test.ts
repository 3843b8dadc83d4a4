import assert from "@std/assert";
import fc from "fast-check";
import type { Member, Membership } from "../../src/routing/members.ts";
import { SourceRanking } from "../../src/transfer/source_ranking.ts";

const PROVIDERS = ["a", "b", "c"].map((id) => ({ id, hosts: [`${id}:1`] }));
/** How often something is chosen by chance in a test. */
const DRAWS = 3_000;

/** What nodes tell of themselves. */
function membersOf(known: Record<string, Partial<Member>>, zone = ""): Pick<Membership, "member" | "self"> {
  const member = (id: string): Member => ({ id, hosts: [], zone: "", protocols: [], load: 0, ...known[id] });
  return { self: () => ({ ...member("self"), zone }), member: (id) => id in known ? member(id) : undefined };
}

/** How often each provider is chosen, as a share. */
function shares(ranking: SourceRanking, known?: ReadonlySet<string>): number[] {
  const counts = PROVIDERS.map(() => 0);
  for (let draw = 0; draw < DRAWS; draw++) {
    const index = ranking.choose(PROVIDERS, known);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.map((count) => count / DRAWS);
}

Deno.test("SourceRanking spreads a herd over nodes of which it knows nothing", () => {
  for (const share of shares(new SourceRanking())) assert(share > 0.25 && share < 0.42, `${share}`);
});

Deno.test("SourceRanking prefers the node that gave the manifest, but not always", () => {
  const [a = 0, b = 0, c = 0] = shares(new SourceRanking(), new Set(["b"]));
  assert(b > a && b > c && b < 0.7, `${b}`);
});

Deno.test("SourceRanking prefers its own zone by far", () => {
  const members = membersOf({ a: { zone: "north" }, b: { zone: "south" } }, "south");
  const [, b = 0] = shares(new SourceRanking({ members }));
  assert(b > 0.8 && b < 1, `${b}`);
});

Deno.test("SourceRanking does not take nodes that tell no zone for ones of its own", () => {
  const [a = 0] = shares(new SourceRanking({ members: membersOf({ a: { zone: "" } }) }));
  assert(a < 0.42, `${a}`);
});

Deno.test("SourceRanking avoids nodes that are full", () => {
  const [a = 0, b = 0] = shares(new SourceRanking({ members: membersOf({ a: { load: 1 }, b: { load: 0.5 } }) }));
  assert(a > 0 && a < 0.1 && b > 0.25 && b < 0.4, `${a} ${b}`);
});

Deno.test("SourceRanking prefers nodes that answer fast, and goes on asking the slow ones now and then", () => {
  const ranking = new SourceRanking();
  ranking.answered("a", 500);
  ranking.answered("b", 5);
  const [a = 0, b = 0] = shares(ranking);
  assert(a > 0 && a < 0.15 && b > 0.6, `${a} ${b}`);
  for (let count = 0; count < 20; count++) ranking.answered("a", 5);
  const [again = 0] = shares(ranking);
  assert(again > 0.25, `${again}`);
});

Deno.test("SourceRanking takes the next body from another node, until the first one is read", () => {
  const ranking = new SourceRanking();
  const bodies = [1, 2, 3, 4].map(() => ranking.reading("a"));
  const [a = 0] = shares(ranking);
  assert(a < 0.15, `${a}`);
  for (const body of bodies) {
    body[Symbol.dispose]();
    body[Symbol.dispose]();
  }
  const [again = 0] = shares(ranking);
  assert(again > 0.25 && again < 0.42, `${again}`);
});

Deno.test("SourceRanking always chooses one of the providers", () => {
  const ms = fc.float({ min: 0, max: 100_000, noNaN: true });
  fc.assert(
    fc.property(fc.float({ min: 0, max: Math.fround(0.9999), noNaN: true }), ms, ms, (random, first, second) => {
      const ranking = new SourceRanking({ random: () => random });
      ranking.answered("a", first);
      ranking.answered("b", second);
      for (const count of [1, 2, 3]) {
        const index = ranking.choose(PROVIDERS.slice(0, count));
        assert(Number.isInteger(index) && index >= 0 && index < count);
      }
    }),
  );
});
