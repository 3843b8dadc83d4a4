import type { FlightTree } from "./flight_tree.ts";
import { isDone, isReady, type Participant } from "./participant.ts";
import { SOURCES_MAX } from "./wire/flight_message.ts";

/** Among whom {@linkcode chooseSources} chooses. */
export interface Choice {
  /** The flight. */
  tree: FlightTree;
  /** Who asks. */
  asker: Participant;
  /** How many members should read from one. */
  fanOut: number;
  /** Whether this member may be named to the asker, as far as others know. */
  isUsable: (candidate: Participant) => boolean;
  /** Whether it can be read, or will be in a moment: an ingest is made before the first claim, but may be seen later. */
  isPromising: (candidate: Participant) => boolean;
  /** How far a member is from where the bytes come from; undefined when it is cut off. */
  depthOf: (candidate: Participant) => number | undefined;
}

/**
 * Chooses whom a member reads from: never one that reads from it, directly or through others. More than one is only
 * returned when the others have everything, so that it makes no difference to the tree which of them is read.
 *
 * The order: those that can be read or are about to, with room for another reader, that are as far as the asker, that can be read at once, in its zone, with the
 * fewest steps from where the bytes come from, with the fewest readers, then by offset and by when they came. So the
 * flight becomes a tree of bounded width, with one connection into each zone where that can be.
 */
export function chooseSources(choice: Choice): Participant[] {
  const { tree, asker, isUsable, depthOf } = choice;
  const below = tree.descendants(asker.id);
  const best: { candidate: Participant; rank: number[] }[] = [];
  for (const candidate of tree.members()) {
    if (candidate === asker || below.has(candidate.id) || !isUsable(candidate)) continue;
    const depth = depthOf(candidate);
    if (depth === undefined) continue;
    const rank = rankOf(candidate, depth, choice);
    const place = best.findIndex((other) => comesBefore(rank, other.rank));
    if (place >= 0) best.splice(place, 0, { candidate, rank });
    else if (best.length < SOURCES_MAX) best.push({ candidate, rank });
    if (best.length > SOURCES_MAX) best.pop();
  }
  return best.map(({ candidate }) => candidate).filter((candidate, index) => index === 0 || isDone(candidate));
}

/** Returns what decides about a candidate, the weightiest first. Less is better. */
function rankOf(candidate: Participant, depth: number, choice: Choice): number[] {
  const { tree, asker, fanOut, isPromising } = choice;
  const children = tree.children(candidate.id) - (asker.parent === candidate.id ? 1 : 0);
  return [
    Number(!isPromising(candidate)),
    Number(children >= fanOut),
    Number(!isDone(candidate) && candidate.offset < asker.offset),
    Number(!isReady(candidate)),
    Number(candidate.zone !== asker.zone),
    depth,
    children,
    -candidate.offset,
    candidate.sequence,
  ];
}

function comesBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at >= 0 && a[at]! < b[at]!;
}
