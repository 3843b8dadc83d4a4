import { type NodeRollout, slowestMs } from "./roll_out.ts";
import type { UpstreamShare } from "./upstream_share.ts";

/** Writes down in one line how a rollout went, for people who compare runs. */
export function describeRollout(
  title: string,
  rollout: readonly NodeRollout[],
  { copies, manifestGets, configGets, layerGets }: UpstreamShare,
  aloneMs?: number,
): string {
  const slowest = slowestMs(rollout);
  const ended = Math.max(...rollout.map(({ endedMs }) => endedMs));
  const beside = aloneMs === undefined ? "" : `, ${(slowest / aloneMs).toFixed(2)} × one alone`;
  return [
    `${title}: content ${seconds(slowest)}${beside}, pulls ${seconds(ended)}`,
    `${copies.toFixed(3)} copies`,
    `GETs at most ${manifestGets} of a manifest, ${configGets} of a config, ${layerGets} of a layer`,
  ].join("; ");
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
