import { formatBytes, formatShare, formatSpan } from "../core/human.ts";
import type { Style } from "../core/style.ts";
import type { NodeStatus } from "./node_status.ts";

/** The widest name of a row. */
const NAME_WIDTH = 12;
/** How many other nodes are shown; the rest is counted. */
const MEMBERS_SHOWN = 20;

/** Writes for people what a node has, knows and did. */
export function statusText(status: NodeStatus, style: Style): string {
  const { version, state, startedMs, nowMs } = status;
  const mark = state === "ready" ? "green" : "yellow";
  const head = `${style("bold", `Peili ${version}`)}  ${style(mark, state)}  up ${formatSpan(nowMs - startedMs)}`;
  const sections = { is: isRows(status), has: hasRows(status), knows: knowsRows(status), did: didRows(status) };
  const lines = Object.entries(sections).flatMap(([name, rows]) => [
    style("bold", name),
    ...rows.map(([name, text]) => `  ${style("dim", name.padEnd(NAME_WIDTH))}${text}`),
  ]);
  return [head, ...lines, ""].join("\n");
}

type Row = readonly [name: string, text: string];

function isRows({ id, listeners, registryCompat, mirroredRegistries }: NodeStatus): Row[] {
  return [
    ["id", id],
    ["containerd", listeners.local],
    ["nodes", `${listeners.registry}${registryCompat ? " (and containerd)" : ""}, libp2p ${listeners.router}`],
    ["mirrors", mirroredRegistries.length === 0 ? "every registry" : mirroredRegistries.join(", ")],
  ];
}

function hasRows({ store, advertised }: NodeStatus): Row[] {
  const where = [store.socket, store.contentPath].filter((part) => part !== undefined).join(", ");
  const { imageTags, imageDigests, contentDigests } = advertised;
  return [
    ["store", where === "" ? store.name : `${store.name} (${where})`],
    ["announced", `${contentDigests} digests, ${imageDigests} of them manifests; ${imageTags} tags`],
  ];
}

function knowsRows({ peers, members, bootstrap, basicAuth, clusterSecret }: NodeStatus): Row[] {
  const shown = members.slice(0, MEMBERS_SHOWN).map(({ id, hosts, zone, load }): Row => {
    const notes = [zone, load > 0 ? `${Math.round(100 * load)} % busy` : ""].filter((note) => note !== "");
    return ["", [hosts[0] ?? "", `…${id.slice(-8)}`, ...notes].join("  ")];
  });
  const more = members.length - shown.length;
  const shared = [...(clusterSecret ? ["a secret"] : []), ...(basicAuth ? ["a password"] : [])].join(" and ");
  return [
    ["nodes", shared === "" ? `${peers}` : `${peers}, which share ${shared}`],
    ...shown,
    ...(more > 0 ? [["", `and ${more} more`] as const] : []),
    ["bootstrap", [bootstrap.kind, ...bootstrap.from].join(" ")],
  ];
}

function didRows(status: NodeStatus): Row[] {
  const { requests: { hits, misses, recent, lastHitMs, lastRequestMs }, nowMs, refusedPeers } = status;
  const share = formatShare(hits, hits + misses);
  const recentShare = formatShare(recent.hits, recent.hits + recent.misses);
  const ago = (atMs: number | undefined) => atMs === undefined ? "never" : `${formatSpan(nowMs - atMs)} ago`;
  return [
    ["requests", `${hits} served, ${misses} not: ${share}`],
    [`last ${recent.minutes} min`, `${recent.hits} served, ${recent.misses} not: ${recentShare}`],
    ["last served", `${ago(lastHitMs)}; last asked ${ago(lastRequestMs)}`],
    ["given", countsText(status.bytes, formatBytes)],
    ["uploaded", formatBytes(status.uploadedBytes)],
    ["lookups", countsText(status.lookups, String)],
    ...(status.flights
      ? [
        [
          "flights",
          `${countsText(status.flights.verdicts, String)}; ${status.flights.savedCopies} copies spared`,
        ] as const,
      ]
      : []),
    ["asked nodes", countsText(status.peerRequests, String)],
    ...(refusedPeers > 0
      ? [["refused", `${refusedPeers} requests and connections without what the nodes share`] as const]
      : []),
  ];
}

function countsText(counts: Record<string, number>, format: (count: number) => string): string {
  const texts = Object.entries(counts).map(([name, count]) => `${format(count)} ${name}`);
  return texts.length === 0 ? "nothing" : texts.join(", ");
}
