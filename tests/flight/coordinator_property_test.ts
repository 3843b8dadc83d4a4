import assert from "@std/assert";
import fc from "fast-check";
import { Coordinator, type Wake } from "../../src/flight/coordinator.ts";
import { DEFAULT_FLIGHT_RULES } from "../../src/flight/flight_rules.ts";
import type { SourceFailure } from "../../src/flight/flight_gate.ts";
import type { Answer, ClaimFailure } from "../../src/flight/wire/flight_message.ts";
import { claimOf, DIGEST } from "./claims.ts";

const MEMBERS = 7;
const TOTAL = 100;
const RULES = DEFAULT_FLIGHT_RULES;

/** What happens next. */
type Step =
  | { type: "claim" | "unheard" | "die" | "restart" | "gone" | "fail" | "grow"; member: number }
  | { type: "replace" }
  | { type: "complain"; member: number; about: number; why: SourceFailure }
  | { type: "pass"; ms: number };

const member = fc.nat(MEMBERS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("claim" as const), member }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("unheard" as const), member }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("replace" as const) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("grow" as const), member }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 2_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constantFrom("die" as const, "restart" as const, "gone" as const, "fail" as const),
      member,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("complain" as const),
      member,
      about: member,
      why: fc.constantFrom<SourceFailure>("missing", "bad", "lost", "full"),
    }),
  },
);

/** A member that does what it is told. */
interface Model {
  alive: boolean;
  role: "none" | "lead" | "follow" | "done";
  offset: number;
  /** The epoch that it knows. */
  epoch: number;
  /** Whom it reads from. */
  parent: string | undefined;
  /** Whether it was made lead, but has not heard of it. */
  unheardLead: boolean;
  /** When it last claimed. */
  claimedMs: number;
  movedMs: number;
}

/** Seven members and their coordinator, with what has to hold after every step. */
class World {
  nowMs = 1;
  coordinator = this.#coordinator();
  readonly members = Array.from({ length: MEMBERS }, (): Model => this.#fresh());
  /** Who must not be named to anybody, or to a single one. */
  readonly bad = new Set<string>();
  readonly avoided = new Map<string, number>();

  run(step: Step): void {
    if (step.type === "pass") {
      this.nowMs += step.ms;
      this.#wake(this.coordinator.expire());
      return;
    }
    if (step.type === "replace") {
      this.coordinator = this.#coordinator();
      this.bad.clear();
      this.avoided.clear();
      for (const model of this.members) model.claimedMs = -Infinity;
      return;
    }
    const { member: index } = step;
    const model = this.members[index]!;
    if (step.type === "claim") this.claim(index);
    else if (step.type === "unheard") this.claim(index, { unheard: true });
    else if (step.type === "grow") this.#grow(index);
    else if (step.type === "complain") this.#complain(index, step.about, step.why);
    else if (step.type === "fail" && model.alive && model.role !== "none") {
      this.members[index] = this.#fresh();
      this.#wake(this.coordinator.claim(`${index}`, claimOf({ state: "failed" })).wake);
    } else if (step.type === "die") model.alive = false;
    else if (step.type === "gone") {
      this.members[index] = { ...this.#fresh(), alive: false };
      this.#wake(this.coordinator.memberGone(`${index}`));
    } else if (step.type === "restart" && !model.alive) this.members[index] = this.#fresh();
    this.check();
  }

  /** Has a member claim, as it does of its own accord. */
  claim(index: number, options: { failures?: ClaimFailure[]; unheard?: boolean } = {}): void {
    const model = this.members[index]!;
    if (!model.alive || model.role === "done") return;
    const leadsBefore = this.#leads(index);
    const { answer, wake } = this.coordinator.claim(
      `${index}`,
      claimOf({
        join: model.role === "none",
        role: model.role === "lead" ? "lead" : "follow",
        state: model.offset > 0 ? "growing" : "queued",
        offset: model.offset,
        total: TOTAL,
        epoch: model.epoch,
        parent: model.parent,
        failures: options.failures ?? [],
      }),
    );
    if (answer.verdict === "lead" && model.role !== "lead" && !model.unheardLead) {
      assert.deepEqual(leadsBefore, [], `${index} was made lead beside others`);
      model.movedMs = this.nowMs;
    }
    model.unheardLead = answer.verdict === "lead" && options.unheard === true;
    if (options.unheard) return;
    model.claimedMs = this.nowMs;
    const ids = answer.sources.map(({ id }) => id);
    Object.assign(model, { role: answer.verdict === "lead" ? "lead" : "follow", epoch: answer.epoch });
    if (model.parent === undefined || (!answer.keep && !ids.includes(model.parent))) model.parent = ids[0];
    this.#checkAnswer(index, answer);
    this.#wake(wake);
    this.check();
  }

  /** Follows every member to where its bytes come from. */
  check(): void {
    for (const [index, { parent }] of this.members.entries()) {
      let id = parent;
      for (let steps = 0; id !== undefined && steps <= MEMBERS; steps++) {
        assert.notEqual(id, `${index}`, "a member reads from one that reads from it");
        id = this.members[Number(id)]!.parent;
      }
    }
  }

  #checkAnswer(asker: number, answer: Answer): void {
    for (const { id } of answer.sources) {
      assert(!this.bad.has(id), "a member is named that gave wrong bytes");
      assert(
        !((this.avoided.get(`${asker} ${id}`) ?? 0) > this.nowMs),
        "a member is named to one that complained of it",
      );
    }
  }

  #grow(index: number): void {
    const model = this.members[index]!;
    if (!model.alive || (model.role !== "lead" && model.parent === undefined)) return;
    if (model.role === "none" || model.role === "done") return;
    model.offset = Math.min(TOTAL, model.offset + 10);
    model.movedMs = this.nowMs;
    if (model.offset < TOTAL) return;
    Object.assign(model, { role: "done", parent: undefined });
    this.#wake(this.coordinator.claim(`${index}`, claimOf({ state: "done", offset: TOTAL })).wake);
  }

  #complain(index: number, about: number, why: SourceFailure): void {
    const model = this.members[index]!;
    if (index === about || !model.alive || model.role === "none" || model.role === "done") return;
    this.avoided.set(`${index} ${about}`, this.nowMs + (why === "full" ? RULES.fullMs : RULES.avoidMs));
    if (why === "bad") this.bad.add(`${about}`);
    if (why !== "full") this.members[about]!.claimedMs = -Infinity; // nobody has to believe in it any more
    if (model.parent === `${about}`) model.parent = undefined;
    this.claim(index, { failures: [{ member: `${about}`, why }] });
  }

  /** Those that are leads as far as anybody can tell: they claim, and have got on within the shortest hold. */
  #leads(except: number): number[] {
    return [...this.members.keys()].filter((index) => {
      const { role, claimedMs, movedMs } = this.members[index]!;
      if (index === except || role !== "lead" || this.bad.has(`${index}`)) return false;
      return this.nowMs - claimedMs < 2 * RULES.renewMs && this.nowMs - movedMs < RULES.holdMs;
    });
  }

  #wake(wakes: readonly Wake[]): void {
    assert(wakes.length <= 1, "more than one was made lead");
    for (const { digest, member } of wakes) {
      assert.equal(digest, DIGEST);
      this.claim(Number(member));
    }
  }

  #coordinator(): Coordinator {
    return new Coordinator({ nowMs: () => this.nowMs, random: () => 0.5 });
  }

  #fresh(): Model {
    const nothing = {
      offset: 0,
      epoch: 0,
      parent: undefined,
      unheardLead: false,
      claimedMs: -Infinity,
      movedMs: this.nowMs,
    };
    return { alive: true, role: "none", ...nothing };
  }
}

Deno.test("a coordinator names no circle, nobody that was refused, and makes no lead beside another", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const world = new World();
      for (const step of steps) world.run(step);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("whoever goes on claiming is lead or has somebody to read from, within a few seconds", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = new World();
      for (const step of steps) world.run(step);
      world.run({ type: "pass", ms: RULES.badMs });
      world.bad.clear();
      for (let ms = 0; ms < 6_000; ms += 250) {
        world.run({ type: "pass", ms: 250 });
        for (let index = 0; index < MEMBERS; index++) world.claim(index);
      }
      for (const { alive, role, parent } of world.members) {
        if (alive && role !== "done") assert(role === "lead" || parent !== undefined, "somebody waits for nothing");
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("a coordinator forgets everything in time", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = new World();
      for (const step of steps) world.run(step);
      for (const model of world.members) model.alive = false;
      for (let minute = 0; minute < 12; minute++) world.run({ type: "pass", ms: 60_000 });
      assert.equal(world.coordinator.size, 0);
    }),
    { numRuns: 100 },
  );
});
