import { contentKeys } from "../support/routing/content_keys.ts";
import type { LookupOutcome } from "../support/routing/host_calls.ts";
import type { HostedRouter } from "../support/routing/hosted_router.ts";
import type { ChaosWorld } from "./chaos_world.ts";
import type { Answer, Oracle, Violation } from "./oracle.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** What {@linkcode Traffic} works with. */
export interface TrafficComponents {
  world: ChaosWorld;
  oracle: Oracle;
  /** Chooses who asks for what. */
  random: SeededRandom;
  /** Told of everything that is wrong. */
  onViolation(violation: Violation): void;
  /** Told of an answer that names nobody though somebody could have been found all the time. */
  onMiss(answer: Answer): void;
}

/** Figures of {@linkcode Traffic}. */
export interface TrafficFigures {
  /** Answered lookups. */
  lookups: number;
  /** Lookups of keys that a node had that was up and could be reached for a while, and how many of them found one. */
  answerable: number;
  answered: number;
  /** How late an answer was at most, in milliseconds after its deadline. */
  latestMs: number;
  /** How long a node had been dead at most when it was named, in milliseconds. */
  deadNamedMs: number;
}

/** The pause between two lookups, in milliseconds. */
const PAUSE_MS = 20;
/** How many lookups may be under way: a cluster that is busy is not asked more. */
const RUNNING_MAX = 64;
/** The deadlines of lookups in milliseconds: as it is by default, and such that a busy machine can keep. */
const DEADLINES_MS = [20, 1_000] as const;
/** The deadline of lookups that are counted as answerable. */
const PATIENT_MS = DEADLINES_MS[1];
/** How many providers are asked for: as by default, and many. */
const LIMITS = [3, 20] as const;
/** The shares of the lookups of keys that nobody ever had, and that nodes have withdrawn. */
const UNKNOWN_SHARE = 0.15;
const FORMER_SHARE = 0.1;
/** The share of the other lookups that goes to what dead nodes have. */
const DEAD_SHARE = 0.4;

/** Lookups without end, from every node that is up, each of which is judged. Disposing of it waits for the last ones. */
export class Traffic implements AsyncDisposable {
  readonly figures: TrafficFigures = { lookups: 0, answerable: 0, answered: 0, latestMs: 0, deadNamedMs: 0 };
  readonly #components: TrafficComponents;
  readonly #unknown = contentKeys("content that nobody has", 100);
  readonly #running = new Set<Promise<void>>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(components: TrafficComponents) {
    this.#components = components;
    this.#timer = setInterval(() => this.#begin(), PAUSE_MS);
  }

  #begin(): void {
    const { world, random } = this.#components;
    const asker = random.pick(world.routers);
    const key = this.#chooseKey();
    const deadlineMs = random.pick(DEADLINES_MS) ?? PATIENT_MS;
    const limit = random.pick(LIMITS);
    if (!asker || this.#running.size >= RUNNING_MAX) return;
    const running = this.#ask(asker, key, { deadlineMs, limit }).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  #chooseKey(): string {
    const { world, oracle, random } = this.#components;
    const nowMs = performance.now();
    if (random.chance(UNKNOWN_SHARE)) return random.pick(this.#unknown) ?? "";
    const former = random.pick(world.nodes.flatMap(({ formerKeys }) => formerKeys));
    if (random.chance(FORMER_SHARE) && former !== undefined) return former;
    const dead = world.nodes.filter(({ id }) => oracle.deadForMs(id, nowMs) !== undefined);
    const node = random.pick(random.chance(DEAD_SHARE) && dead.length > 0 ? dead : world.nodes);
    return random.pick([...node?.keys ?? []]) ?? "";
  }

  async #ask(asker: HostedRouter, key: string, options: { deadlineMs: number; limit?: number }): Promise<void> {
    const askedMs = performance.now();
    const providers = this.#reachableProviders(asker, key, askedMs);
    let outcome: LookupOutcome | undefined;
    try {
      [outcome] = await asker.lookup([key], options);
    } catch (reason) {
      // Who asked has been killed or stopped meanwhile.
      if (this.#components.world.routers.includes(asker)) throw reason;
    }
    if (!outcome) return;
    const answer = { asker: asker.id, key, askedMs, outcome };
    this.#judge(answer);
    if (options.deadlineMs === PATIENT_MS && providers.length > 0) this.#count(answer, providers);
    await this.#fetch(asker, key, outcome);
  }

  #judge(answer: Answer): void {
    const { oracle, onViolation } = this.#components;
    const { figures } = this;
    figures.lookups++;
    figures.latestMs = Math.max(figures.latestMs, answer.outcome.lateMs);
    for (const { id } of answer.outcome.providers) {
      figures.deadNamedMs = Math.max(figures.deadNamedMs, oracle.deadForMs(id, answer.askedMs) ?? 0);
    }
    for (const violation of oracle.judge(answer)) onViolation(violation);
  }

  /** Counts a lookup if the key could be found from its beginning to its end. */
  #count(answer: Answer, before: readonly string[]): void {
    const { oracle, world, onMiss } = this.#components;
    const { asker, key, outcome } = answer;
    const after = oracle.providersOf(key, performance.now());
    if (!before.some((provider) => after.includes(provider) && world.canReach(asker, provider))) return;
    this.figures.answerable++;
    if (outcome.providers.length > 0) this.figures.answered++;
    else onMiss(answer);
  }

  #reachableProviders({ id }: HostedRouter, key: string, nowMs: number): string[] {
    const { oracle, world } = this.#components;
    if (!oracle.isEstablished(id, nowMs)) return [];
    return oracle.providersOf(key, nowMs).filter((provider) => provider !== id && world.canReach(id, provider));
  }

  /** Does what a node does with an answer: fails to fetch from those that are dead or cannot be reached, and says so. */
  async #fetch(asker: HostedRouter, key: string, { providers }: LookupOutcome): Promise<void> {
    const { oracle, world } = this.#components;
    for (const { id } of providers) {
      const isDead = oracle.deadForMs(id, performance.now()) !== undefined;
      if (!isDead && world.canReach(asker.id, id)) continue;
      try {
        if (await asker.failed(id, key) && isDead) oracle.failedToFetch(asker.id, id, performance.now());
      } catch {
        return; // who asked has ended
      }
    }
  }

  /** Asks no more and waits for the answers. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running);
  }
}
