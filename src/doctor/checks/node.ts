import { formatShare, formatSpan } from "../../core/human.ts";
import { MINUTE_MS } from "../../core/units.ts";
import type { Facts } from "../facts/facts.ts";
import { finding, notChecked, ok, type Result } from "../result.ts";

/** As many requests without a single hit are more than one new image. */
const MISSES_WORTH_A_WORD = 20;

/** Whether the node runs, and serves what its containerd asks for. */
export function checkNode({ node, options }: Facts): Result[] {
  const { port } = options.metricsAddr;
  if (node.state === "silent") {
    return [
      finding("node", {
        what: node.problem,
        why: "containerd finds no mirror, and goes to the real registries as if there were none.",
        fix: [
          "Run: systemctl status peili, or kubectl -n peili get pods -o wide",
          `If it serves its metrics elsewhere than at :${port}: give --metrics-addr=<address>.`,
        ],
      }),
      notChecked("hit-rate", "the node does not answer", `curl -s http://127.0.0.1:${port}/metrics | grep requests`),
    ];
  }
  const { version, state, startedMs, nowMs } = node.status;
  const up = formatSpan(nowMs - startedMs);
  return [ok("node", `Peili ${version} at ${node.client.address} is ${state}, up ${up}`), hitRateResult(node)];
}

function hitRateResult({ status }: Facts["node"] & { state: "answers" }): Result {
  const { requests: { recent, hits, misses, lastHitMs, lastRequestMs }, nowMs, peers } = status;
  const ago = (atMs: number | undefined) => atMs === undefined ? "never" : `${formatSpan(nowMs - atMs)} ago`;
  const span = formatSpan(recent.minutes * MINUTE_MS);
  const last = `last served ${ago(lastHitMs)}`;
  const total = recent.hits + recent.misses;
  if (total === 0) {
    return ok("hit-rate", `containerd asked for nothing in ${span}; last asked ${ago(lastRequestMs)}`);
  }
  const rate = `${recent.hits} of ${total} requests in ${span} served; ${last}`;
  if (recent.hits > 0 || recent.misses < MISSES_WORTH_A_WORD) return ok("hit-rate", rate);
  return finding("hit-rate", {
    what: `${rate}; ${formatShare(hits, hits + misses)} since the start`,
    why: "All that was pulled came from the real registries. For images that no node has yet that is as it should be.",
    fix: [
      "Pull an image that another node has, and look at peili status.",
      peers === 0 ? "No other node is known: see peers." : "If it is not served either: see peer-ports and secret.",
      "If other nodes discard layers: run peili doctor there, and see discarded-layers.",
      "If tags must not come from the cluster (configuration --resolve-tags=false) only digests count.",
    ],
  });
}
