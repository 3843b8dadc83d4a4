import { chooseSources } from "./choose_sources.ts";
import type { FlightRules } from "./flight_rules.ts";
import { FlightTree } from "./flight_tree.ts";
import { isDone, isReady, type Participant } from "./participant.ts";
import { RefusedMembers } from "./refused_members.ts";
import { type Answer, type Claim, RECALLED_MAX, type Recollection, type Source } from "./wire/flight_message.ts";

/** What {@linkcode CoordinatedFlight} works with. */
export interface CoordinatedFlightComponents {
  /** The numbers that it goes by. */
  rules: Readonly<FlightRules>;
  /** A random number from 0 to below 1. */
  random: () => number;
}

/** An answer, and who else has news. */
export interface Decision {
  /** What the asker is told. */
  answer: Answer;
  /** Members that should claim at once. */
  wake: string[];
}

/** How many members one member avoids at most. */
const AVOIDS_MAX = 16;
/** After how many intervals without any claim a flight was coordinated elsewhere. */
const QUIET_RENEWALS = 4;
/** After how many claims without a byte a member stands still, where claims are rare. */
const STALL_CLAIMS = 1.5;
/** What a hold is drawn from, as a share of itself, so that flights do not add leads in step. */
const HOLD_JITTER = 0.5;

/** What a coordinator knows of one flight: who fetches, who follows whom, who has finished. Soft state only. */
export class CoordinatedFlight {
  readonly #components: CoordinatedFlightComponents;
  readonly #tree = new FlightTree();
  readonly #refused: RefusedMembers;
  #epoch = 0;
  #sequence = 0;
  /** Until when parents that are not known here are believed in, and no lead is made for want of one. */
  #graceUntilMs = -Infinity;
  /** How long a lead may go without a byte this time, in milliseconds. */
  #patienceMs: number;
  /** When somebody last claimed. */
  #claimedMs = Infinity;
  /** How many leads in a row failed without a byte. */
  #fruitless = 0;
  /** When the last of them did. */
  #fruitlessMs = -Infinity;

  constructor(components: CoordinatedFlightComponents) {
    this.#components = components;
    this.#refused = new RefusedMembers(components.rules);
    this.#patienceMs = this.#drawPatience();
  }

  /** The epoch: one more with every lead that was put in place of another. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Returns the members, in the order in which they came. */
  members(): Iterable<Readonly<Participant>> {
    return this.#tree.members();
  }

  /** Returns what the next coordinator should know. */
  recollect(nowMs: number): Recollection {
    this.#dropExpired(nowMs);
    const weight = (member: Participant) =>
      member.role === "lead" ? -2 : isDone(member) ? -1 : this.#tree.children(member.id);
    const members = [...this.#tree.members()].filter(({ id, share }) => share && !this.#refused.has(id));
    return {
      epoch: this.#epoch,
      members: members.sort((a, b) => weight(a) - weight(b)).slice(0, RECALLED_MAX).map((member) => ({
        ...toSource(member),
        zone: member.zone,
        role: member.role,
        parent: member.parent,
        leftMs: member.expiresMs - nowMs,
      })),
    };
  }

  /** Takes over what another coordinator knew. Its members will claim here, too. */
  adopt({ epoch, members }: Recollection, nowMs: number): void {
    const { finishedMs } = this.#components.rules;
    this.#epoch = Math.max(this.#epoch, epoch);
    for (const { id, parent, leftMs, ...told } of members) {
      if (this.#tree.get(id)) continue;
      const member = Object.assign(this.#newcomer(id, nowMs), told, { epoch });
      this.#extend(member, isDone(member) ? Math.min(leftMs, finishedMs) : 0, nowMs);
      this.#tree.add(member);
      this.#tree.setParent(member, parent);
    }
    if (members.length > 0) this.expectMembers(nowMs);
  }

  /** Has parents that are not known here believed in for a moment, and no lead made: members are about to come. */
  expectMembers(nowMs: number): void {
    this.#graceUntilMs = nowMs + this.#components.rules.graceMs;
  }

  /** Forgets what has expired. Returns whether nothing is left to be remembered, and who should claim at once. */
  expire(nowMs: number): { empty: boolean; wake: string[] } {
    this.#dropExpired(nowMs);
    return { empty: this.#tree.size === 0 && this.#refused.size === 0, wake: this.#ensureLead(nowMs) };
  }

  /** Takes note that a member is gone. Returns who should claim at once. */
  memberGone(id: string, nowMs: number): string[] {
    if (!this.#tree.get(id)) return [];
    this.#tree.remove(id);
    return this.#ensureLead(nowMs);
  }

  /** Answers a claim. */
  claim(from: string, claim: Claim, nowMs: number): Decision {
    this.#epoch = Math.max(this.#epoch, claim.epoch);
    this.#noteClaim(nowMs);
    this.#dropExpired(nowMs);
    this.#blame(from, claim, nowMs);
    if (claim.state === "failed" || claim.state === "left") this.#remove(from, claim.state, nowMs);
    else if (claim.role !== "none") return this.#decide(this.#update(from, claim, nowMs), claim, nowMs);
    return { answer: this.#answer("noted"), wake: this.#ensureLead(nowMs) };
  }

  /**
   * Takes note that somebody claims. After a time without claims, which a lead alone would have made, the flight was
   * coordinated elsewhere: who reads from whom has changed since, and to believe the old tree is to make circles.
   */
  #noteClaim(nowMs: number): void {
    const quietMs = nowMs - this.#claimedMs;
    this.#claimedMs = nowMs;
    if (quietMs <= QUIET_RENEWALS * this.#components.rules.renewMs) return;
    const unfinished = [...this.#tree.members()].filter((member) => !isDone(member));
    for (const { id } of unfinished) this.#tree.remove(id);
    if (unfinished.length > 0) this.expectMembers(nowMs);
  }

  #decide(asker: Participant, claim: Claim, nowMs: number): Decision {
    this.#avoid(asker, claim, nowMs);
    const wake = this.#ensureLead(nowMs, asker);
    if (this.#isRefused(nowMs) && asker.role !== "lead" && !isDone(asker)) this.#makeLead(asker, nowMs);
    let answer = this.#answer("noted");
    if (!isDone(asker)) {
      if (asker.role === "lead") {
        answer = this.#answer("lead", asker);
        this.#seat(asker, undefined, claim.parent); // it may go on reading for as long as bytes come
      } else answer = this.#attach(asker, claim, nowMs);
      this.#extend(asker, this.#components.rules.leaseRenewals * answer.againMs, nowMs);
    }
    return { answer, wake };
  }

  /** Whether upstream refuses whoever asks: everybody should hear it for themselves, as none can wait for all others. */
  #isRefused(nowMs: number): boolean {
    const { fruitlessMax, fruitlessMs } = this.#components.rules;
    if (this.#fruitless < fruitlessMax) return false;
    if (nowMs - this.#fruitlessMs < fruitlessMs) return true;
    this.#fruitless = fruitlessMax - 1; // those who try again later had better not all do so at once: one more refusal tells
    return false;
  }

  #remove(id: string, state: "failed" | "left", nowMs: number): void {
    if (state === "failed" && this.#tree.get(id)?.role === "lead") {
      this.#fruitless++;
      this.#fruitlessMs = nowMs;
    }
    this.#refused.excuse(id); // that it had nothing to give is explained
    this.#tree.remove(id);
  }

  #dropExpired(nowMs: number): void {
    for (const { id, expiresMs } of [...this.#tree.members()]) {
      if (expiresMs <= nowMs) this.#tree.remove(id);
    }
    this.#refused.expire(nowMs);
  }

  /** Adds the member that claims, or brings what is known of it up to date. */
  #update(from: string, claim: Claim, nowMs: number): Participant {
    const { finishedMs, membersMax } = this.#components.rules;
    const known = this.#tree.get(from);
    const member = known ?? this.#newcomer(from, nowMs);
    const { offset, total, share, zone, hosts, state } = claim;
    if (offset !== member.offset || (total !== undefined && member.total === undefined)) member.movedMs = nowMs;
    if (state === "done" || (member.role === "lead" && known && offset > member.offset)) this.#fruitless = 0;
    Object.assign(member, { offset, total, share, zone, hosts, state, seenMs: nowMs });
    if (!known && this.#tree.size < membersMax) {
      this.#tree.add(member);
      // A flight under way fell back on this node: its other members will, too. Their absence means nothing yet.
      if (this.#sequence === 1 && !claim.join) this.expectMembers(nowMs);
    }
    if (total !== undefined) this.#refused.isGetting(from);
    if (state === "done") {
      this.#tree.setParent(member, undefined);
      member.role = "follow";
      this.#extend(member, finishedMs, nowMs);
    } else if (claim.role === "lead" && member.role !== "lead") this.#makeLead(member, nowMs);
    return member;
  }

  #newcomer(id: string, nowMs: number): Participant {
    const nothing = { hosts: [], zone: "", epoch: 0, state: "none", offset: 0, total: undefined, share: true } as const;
    const times = { movedMs: nowMs, seenMs: nowMs, expiresMs: nowMs + this.#components.rules.renewMs };
    return {
      id,
      sequence: this.#sequence++,
      role: "follow",
      ...nothing,
      ...times,
      parent: undefined,
      avoids: new Map(),
    };
  }

  #extend(member: Participant, ms: number, nowMs: number): void {
    member.expiresMs = nowMs + Math.max(ms, this.#components.rules.leaseRenewals * this.#components.rules.renewMs);
  }

  /** Takes note of what a member says about others, for everybody. */
  #blame(from: string, { failures }: Claim, nowMs: number): void {
    const { renewMs, suspectRenewals } = this.#components.rules;
    for (const { member: id, why } of failures) {
      const member = this.#tree.get(id);
      if (why === "bad" || (why === "missing" && member)) { // one that has left had nothing to give any more
        this.#refused.add(id, from, why, nowMs);
        if (member && isDone(member)) this.#tree.remove(id); // it has it no more
      } else if (why === "lost" && member && !isDone(member)) {
        const renewalMs = member.role === "lead" ? renewMs : this.#againMs(member);
        member.expiresMs = Math.min(member.expiresMs, Math.max(nowMs, member.seenMs + suspectRenewals * renewalMs));
      }
    }
  }

  /** Sees to it that the asker is not sent again to those that it complained of. */
  #avoid(asker: Participant, { failures }: Claim, nowMs: number): void {
    const { avoidMs, fullMs } = this.#components.rules;
    for (const { member: id, why } of failures) {
      asker.avoids.delete(id);
      asker.avoids.set(id, nowMs + (why === "full" ? fullMs : avoidMs));
      if (asker.avoids.size > AVOIDS_MAX) asker.avoids.delete(asker.avoids.keys().next().value!);
    }
  }

  /** Sees to it that bytes come from somewhere. Returns who has become lead, unless it is the asker, who hears of it. */
  #ensureLead(nowMs: number, asker?: Participant): string[] {
    if (nowMs < this.#graceUntilMs) return [];
    for (const member of this.#tree.members()) {
      if (this.#isSource(member, nowMs)) return [];
    }
    const followers = [...this.#tree.members()].filter((member) => member.role === "follow" && !isDone(member));
    const next = furthest(followers, asker);
    if (!next) return [];
    this.#epoch++;
    this.#makeLead(next, nowMs);
    return next === asker ? [] : [next.id];
  }

  #makeLead(member: Participant, nowMs: number): void {
    this.#seat(member, undefined, member.parent);
    member.role = "lead";
    member.movedMs = nowMs;
    this.#epoch = Math.max(1, this.#epoch);
    this.#patienceMs = this.#drawPatience();
  }

  /** Whether a member has bytes without a parent: it fetches from upstream and gets on, or has everything. */
  #isSource(member: Participant, nowMs: number): boolean {
    if (!member.share || this.#refused.has(member.id)) return false;
    return isDone(member) || (member.role === "lead" && nowMs - member.movedMs < this.#patienceMs);
  }

  /** Finds whom the asker reads from: its parent as before, unless that is a bad one by now. */
  #attach(asker: Participant, claim: Claim, nowMs: number): Answer {
    if (claim.parent !== undefined) this.#believe(asker, claim.parent);
    const { parent } = asker;
    const avoids = (id: string) => (asker.avoids.get(id) ?? -Infinity) > nowMs;
    const inGrace = nowMs < this.#graceUntilMs;
    const depthOf = (other: Participant) => this.#tree.depth(other, (root) => this.#isSource(root, nowMs));
    const isUsable = (other: Participant) => other.share && !this.#refused.has(other.id) && !avoids(other.id);
    const choose = (isBetter: (other: Participant) => boolean) =>
      chooseSources({
        tree: this.#tree,
        asker,
        fanOut: this.#components.rules.fanOut,
        depthOf,
        isPromising: (other) => isReady(other) || nowMs - other.movedMs <= this.#components.rules.beginMs,
        isUsable: (other) => isUsable(other) && isBetter(other),
      });
    const known = this.#tree.get(parent ?? "");
    let sources: Participant[];
    if (!known || !isUsable(known) || depthOf(known) === undefined) sources = choose(() => true);
    else {
      const better = choose((other) => this.#isBetter(other, known, asker, nowMs));
      sources = better.length > 0 ? better : [known];
    }
    const keep = inGrace && parent !== undefined && !known && !avoids(parent);
    this.#seat(asker, keep ? parent : sources[0]?.id, parent);
    return { ...this.#answer(sources[0] && isDone(sources[0]) ? "found" : "follow", asker, sources), keep };
  }

  /** Takes the asker at its word about whom it reads from: it may not have heard of another one. */
  #believe(asker: Participant, parent: string): void {
    if (asker.parent === parent || this.#tree.descendants(asker.id).has(parent)) return;
    this.#seat(asker, parent);
  }

  #seat(asker: Participant, parent: string | undefined, before?: string): void {
    if (this.#tree.get(asker.id) === asker) this.#tree.setParent(asker, parent, before);
  }

  /** Whether the asker, whose parent has nothing for it, had better read from another one. */
  #isBetter(other: Participant, parent: Participant, asker: Participant, nowMs: number): boolean {
    if (isDone(parent) || parent.offset > asker.offset) return false;
    const { beginMs } = this.#components.rules;
    const quietMs = nowMs - parent.movedMs;
    if (quietMs <= beginMs) return false;
    if (!isReady(parent) && isReady(other)) return true;
    // Whoever has all of it spares the others a parent that is merely slow.
    const hasMore = isDone(other) || (quietMs > this.#stallMs(parent) && other.offset > asker.offset);
    return hasMore && this.#hasRoom(other, nowMs);
  }

  /**
   * Whether another one may read from a member that has more than most. Were it all that want to, each would get next to
   * nothing. Readers that get nowhere anyway take no room.
   */
  #hasRoom(member: Participant, nowMs: number): boolean {
    const { fanOut } = this.#components.rules;
    if (this.#tree.children(member.id) < fanOut) return true;
    const moving = this.#tree.childrenOf(member.id).filter((child) => nowMs - child.movedMs <= this.#stallMs(child));
    return moving.length < fanOut;
  }

  /** How long a member may go without a byte. What it told last is as old as the pause between two claims. */
  #stallMs(member: Participant): number {
    const { stalledParentMs } = this.#components.rules;
    return Math.max(stalledParentMs, STALL_CLAIMS * this.#againMs(member));
  }

  #answer(verdict: Answer["verdict"], asker?: Participant, sources: readonly Participant[] = []): Answer {
    if (asker) asker.epoch = this.#epoch;
    const againMs = asker ? this.#againMs(asker) : this.#components.rules.renewMs;
    return { verdict, epoch: this.#epoch, againMs, sources: sources.map(toSource), keep: false };
  }

  /** Returns when a member should claim again: the more there are, the later, but for leads. */
  #againMs(member: Participant): number {
    const { claimsPerSecond, renewMs, waitMs } = this.#components.rules;
    if (member.role === "lead") return renewMs;
    const parent = this.#tree.get(member.parent ?? "");
    return (parent && isReady(parent) ? renewMs : waitMs) * Math.max(1, this.#tree.size / claimsPerSecond);
  }

  #drawPatience(): number {
    return this.#components.rules.holdMs * (1 + HOLD_JITTER * this.#components.random());
  }
}

/** Returns the member with the most bytes: of several the asker, who hears of it at once, else the first to come. */
function furthest(members: readonly Participant[], asker: Participant | undefined): Participant | undefined {
  let best: Participant | undefined;
  for (const member of members) {
    if (!best || member.offset > best.offset || (member.offset === best.offset && member === asker)) best = member;
  }
  return best;
}

function toSource({ id, hosts, state, offset, total }: Participant): Source {
  return { id, hosts, state, offset, total };
}
