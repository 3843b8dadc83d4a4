import { isDone, type Participant } from "./participant.ts";

/** The members of one flight, and who reads from whom. */
export class FlightTree {
  readonly #members = new Map<string, Participant>();
  /** Whom a member read from before and may still be reading from, by its id. */
  readonly #before = new Map<string, string>();
  /** The members that may be reading from a member, by its id: also from one that is gone. */
  readonly #readers = new Map<string, Set<string>>();
  /** How many members have a member as their parent, by its id. */
  readonly #children = new Map<string, number>();

  /** How many members there are. */
  get size(): number {
    return this.#members.size;
  }

  /** Returns a member. */
  get(id: string): Participant | undefined {
    return this.#members.get(id);
  }

  /** Returns all members in the order in which they came. */
  members(): Iterable<Participant> {
    return this.#members.values();
  }

  /** Adds a member without a parent. */
  add(member: Participant): void {
    this.#members.set(member.id, member);
  }

  /** Removes a member. Those that read from it keep it as their parent, and lead nowhere, until they get another. */
  remove(id: string): void {
    const member = this.#members.get(id);
    if (!member) return;
    this.setParent(member, undefined);
    this.#members.delete(id);
  }

  /**
   * Has a member read from another one, or from nobody.
   *
   * @param before Whom it may still be reading from until it claims again: it may not hear of this.
   */
  setParent(member: Participant, parent: string | undefined, before?: string): void {
    for (const id of [member.parent, this.#before.get(member.id)]) {
      if (id === undefined) continue;
      const readers = this.#readers.get(id);
      readers?.delete(member.id);
      if (readers?.size === 0) this.#readers.delete(id);
    }
    for (const id of [parent, before]) {
      if (id !== undefined) this.#readers.set(id, (this.#readers.get(id) ?? new Set()).add(member.id));
    }
    if (before === undefined) this.#before.delete(member.id);
    else this.#before.set(member.id, before);
    this.#count(member.parent, -1);
    this.#count(parent, 1);
    member.parent = parent;
  }

  /** Returns how many members have this one as their parent. */
  children(id: string): number {
    return this.#children.get(id) ?? 0;
  }

  /** Returns the members that have this one as their parent. */
  childrenOf(id: string): Participant[] {
    const readers = [...this.#readers.get(id) ?? []].map((reader) => this.#members.get(reader));
    return readers.filter((reader) => reader?.parent === id) as Participant[];
  }

  /** Returns the ids of all that read from a member, or may: directly or through others. */
  descendants(id: string): Set<string> {
    const found = new Set<string>();
    const waiting = [id];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const reader of this.#readers.get(next) ?? []) {
        if (found.has(reader)) continue;
        found.add(reader);
        waiting.push(reader);
      }
    }
    return found;
  }

  /**
   * Returns how many steps a member is below where the bytes come from: a lead, or a member that has everything.
   *
   * @param isRoot Tells whether bytes come from a member without a parent.
   * @returns undefined when its parent leads nowhere, or to a member that is not known here: that may lead back again.
   */
  depth(member: Participant, isRoot: (member: Participant) => boolean): number | undefined {
    let current = member;
    for (let steps = 0; steps <= this.#members.size; steps++) {
      if (isDone(current) || isRoot(current)) return steps;
      if (current.parent === undefined) return undefined;
      const parent = this.#members.get(current.parent);
      if (!parent) return undefined;
      current = parent;
    }
    return undefined;
  }

  #count(id: string | undefined, change: number): void {
    if (id === undefined) return;
    const children = this.children(id) + change;
    if (children > 0) this.#children.set(id, children);
    else this.#children.delete(id);
  }
}
