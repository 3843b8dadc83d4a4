import { isDone, type Participant } from "./participant.ts";

/** The members of one flight, and who reads from whom. */
export class FlightTree {
  readonly #members = new Map<string, Participant>();
  /** Whom a member may be reading from, by its id. */
  readonly #edges = new Map<string, readonly string[]>();
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

  /** Adds a member without parents. */
  add(member: Participant): void {
    this.#members.set(member.id, member);
  }

  /** Removes a member. Those that read from it keep it as their parent, and lead nowhere, until they get another. */
  remove(id: string): void {
    const member = this.#members.get(id);
    if (!member) return;
    this.setParents(member, []);
    this.#members.delete(id);
  }

  /**
   * Has a member read from others, the best first.
   *
   * @param before Whom it may still be reading from until it claims again: it may not hear of this.
   */
  setParents(member: Participant, parents: readonly string[], before: readonly string[] = []): void {
    for (const parent of this.#edges.get(member.id) ?? []) {
      const readers = this.#readers.get(parent);
      readers?.delete(member.id);
      if (readers?.size === 0) this.#readers.delete(parent);
    }
    const edges = [...new Set([...parents, ...before])];
    for (const parent of edges) {
      const readers = this.#readers.get(parent) ?? new Set();
      this.#readers.set(parent, readers.add(member.id));
    }
    if (edges.length > 0) this.#edges.set(member.id, edges);
    else this.#edges.delete(member.id);
    this.#count(member.parents[0], -1);
    this.#count(parents[0], 1);
    member.parents = [...parents];
  }

  /** Returns how many members have this one as their parent. */
  children(id: string): number {
    return this.#children.get(id) ?? 0;
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
   * @param unknown Whether a parent that is not known here counts as one that gets bytes.
   * @returns undefined when its parents lead nowhere.
   */
  depth(member: Participant, isRoot: (member: Participant) => boolean, unknown: boolean): number | undefined {
    let current = member;
    for (let steps = 0; steps <= this.#members.size; steps++) {
      if (isDone(current) || isRoot(current)) return steps;
      const [id] = current.parents;
      if (id === undefined) return undefined;
      const parent = this.#members.get(id);
      if (!parent) return unknown ? steps + 1 : undefined;
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
