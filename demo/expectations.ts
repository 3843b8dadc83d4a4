import type { BuiltImage } from "../tests/support/image/build_image.ts";
import { SEVERAL_NODES } from "./blob_parts.ts";
import { fromOthers } from "./counters.ts";
import type { JointRecord, PullRecord } from "./measure_pull.ts";
import { formatBytes } from "./screen/format.ts";

/** Tells what of a pull is not as it should be, one line each. */
export type Expectation = (record: PullRecord, image: BuiltImage) => string[];

/** Tells what is not as it should be when all nodes pull at once: upstream gives one copy, and they share it. */
export function sharedOneCopy({ pulls, upstreamBytes }: JointRecord, { totalBytes }: BuiltImage): string[] {
  const sum = (pick: (pull: PullRecord) => number) => pulls.reduce((total, pull) => total + pick(pull), 0);
  const shared = sum(({ counters }) => fromOthers(counters));
  return [
    ...unlessBytes("upstream gave", upstreamBytes, totalBytes),
    ...unlessBytes("other nodes gave", shared, (pulls.length - 1) * totalBytes),
    ...(sum(({ counters }) => counters.flight) > 0 ? [] : ["no node gave away what it was still fetching"]),
  ];
}

/** Other nodes gave the whole image, and upstream nothing. */
export function fromPeersOnly(record: PullRecord, { totalBytes }: BuiltImage): string[] {
  return [
    ...unlessBytes("upstream gave", record.upstreamBytes, 0),
    ...unlessBytes("other nodes gave", fromOthers(record.counters), totalBytes),
  ];
}

/** What is expected when the node that serves a blob is killed in the middle of it. */
export interface SwitchOver {
  /** The name of the blob. */
  blob: string;
  /** The node that was killed, once it was. */
  killed(): string | undefined;
}

/** One node gave a blob up to some byte, and others the rest: the first one was killed meanwhile. */
export function switchedOver({ blob, killed }: SwitchOver): Expectation {
  return (record, image) => {
    const { node, counters: { resumed, combined } } = record;
    const [first, ...rest] = record.blobs.find(({ name }) => name === blob)?.parts ?? [];
    // Several nodes that give pieces at once give those of the one that is killed too, or one of them goes on alone.
    const severally = rest[0]?.source === SEVERAL_NODES;
    const alone = severally ? rest.slice(1) : rest;
    const wrong = fromPeersOnly(record, image);
    if (killed() === undefined) return [...wrong, `no node was killed in the middle of ${blob}`];
    if (first?.source !== killed()) wrong.push(`${blob} began at ${first?.source ?? "nobody"} and not at ${killed()}`);
    if (alone.length !== 1 && !(severally && alone.length === 0)) wrong.push(`${blob} did not come in two parts`);
    if (alone[0] && alone[0].source === killed()) wrong.push(`${blob} went on from ${killed()}, which was killed`);
    if ((severally && combined === 0) || (alone.length > 0 && resumed === 0)) {
      wrong.push(`${node} counted no body that went on from another node`);
    }
    return wrong;
  };
}

function unlessBytes(what: string, actual: number, expected: number): string[] {
  return actual === expected ? [] : [`${what} ${formatBytes(actual)} and not ${formatBytes(expected)}`];
}
