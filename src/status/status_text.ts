import { fold } from "../core/fold.ts";
import { formatBytes, formatCount, formatShare, formatSpan } from "../core/human.ts";
import type { Style } from "../core/style.ts";
import { MINUTE_MS } from "../core/units.ts";
import type { NodeStatus } from "./node_status.ts";

/** How a status is written. */
export interface StatusTextOptions {
  /** Marks text. */
  style: Style;
  /** The widest line, in characters. @default nothing is broken */
  width?: number;
}

/** The column at which what is said of a row begins. */
const TEXT_COLUMN = 17;
/** How many other nodes are shown; the rest is counted. */
const MEMBERS_SHOWN = 20;

/** A name, and what is said of it in one line or several. */
type Row = readonly [name: string, ...lines: string[]];

/** Writes for people what a node has, knows and did. */
export function statusText(status: NodeStatus, { style, width }: StatusTextOptions): string {
  const { version, state, startedMs, nowMs } = status;
  const mark = state === "ready" ? "green" : "yellow";
  const head = `${style("bold", `Peili ${version}`)}  ${style(mark, state)}  up ${formatSpan(nowMs - startedMs)}`;
  const sections = { is: isRows(status), has: hasRows(status), knows: knowsRows(status), did: didRows(status) };
  const texts = Object.entries(sections).map(([section, rows]) => {
    const lines = rows.map(([name, ...lines]) => {
      const text = lines.map((line) => fold(line, { width, indent: TEXT_COLUMN }));
      return `  ${style("dim", name.padEnd(TEXT_COLUMN - 2))}${text.join(`\n${" ".repeat(TEXT_COLUMN)}`)}`;
    });
    return [style("bold", section), ...lines].join("\n");
  });
  return [head, ...texts, ""].join("\n\n").trimEnd();
}

function isRows({ id, listeners, registryCompat, mirroredRegistries }: NodeStatus): Row[] {
  return [
    ["id", id],
    ["for containerd", listeners.local],
    ["for nodes", `${listeners.registry}${registryCompat ? " (and containerd)" : ""}, libp2p ${listeners.router}`],
    ["mirrors", mirroredRegistries.length === 0 ? "every registry" : mirroredRegistries.join(", ")],
  ].map(([name = "", text = ""]): Row => [name, text]);
}

function hasRows({ store, advertised }: NodeStatus): Row[] {
  const { imageTags, imageDigests, contentDigests } = advertised;
  const counts = [formatCount(imageTags, "tag"), formatCount(imageDigests, "manifest")];
  return [
    ["store", store.name, ...[store.socket, store.contentPath].filter((path) => path !== undefined)],
    ["announced", `${counts.join(", ")}, ${formatCount(contentDigests, "digest")} in all`],
  ];
}

function knowsRows({ peers, members, bootstrap, basicAuth, clusterSecret }: NodeStatus): Row[] {
  const shown = members.slice(0, MEMBERS_SHOWN).map(({ id, hosts, zone, load }) => {
    const notes = [zone === "" ? "" : `zone ${zone}`, load > 0 ? `${Math.round(100 * load)} % busy` : ""];
    return [hosts[0] ?? "", `…${id.slice(-8)}`, ...notes.filter((note) => note !== "")].join("  ");
  });
  const more = members.length - shown.length;
  const shared = [...(clusterSecret ? ["a secret"] : []), ...(basicAuth ? ["a password"] : [])].join(" and ");
  return [
    ["nodes", `${peers}, ${shared === "" ? "which share no secret" : `which share ${shared}`}`],
    ...(shown.length > 0 ? [["", ...shown] as const] : []),
    ...(more > 0 ? [["", `and ${more} more`] as const] : []),
    ["bootstrap", [bootstrap.kind, ...bootstrap.from].join(" ")],
  ];
}

function didRows(status: NodeStatus): Row[] {
  const { requests: { hits, misses, recent, lastHitMs, lastRequestMs }, nowMs, refusedPeers, flights } = status;
  const ago = (atMs: number | undefined) => atMs === undefined ? "never" : `${formatSpan(nowMs - atMs)} ago`;
  return [
    ["served", servedText(hits, misses)],
    ["of late", `${servedText(recent.hits, recent.misses)}, in ${formatSpan(recent.minutes * MINUTE_MS)}`],
    ["last served", `${ago(lastHitMs)}; last asked ${ago(lastRequestMs)}`],
    ["to containerd", countsText(status.bytes, formatBytes)],
    ["to nodes", formatBytes(status.uploadedBytes)],
    ["lookups", countsText(status.lookups, String)],
    ...(flights
      ? [["flights", `${countsText(flights.verdicts, String)}; ${spared(flights.savedCopies)} spared`] as const]
      : []),
    ["asked nodes", countsText(status.peerRequests, String)],
    ...(refusedPeers > 0
      ? [["refused", `${formatCount(refusedPeers, "request")} or connections without what the nodes share`] as const]
      : []),
  ];
}

function servedText(hits: number, misses: number): string {
  const total = hits + misses;
  return total === 0 ? "nothing was asked for" : `${hits} of ${total} requests, ${formatShare(hits, total)}`;
}

function spared(copies: number): string {
  return formatCount(copies, "copy", "copies");
}

function countsText(counts: Record<string, number>, format: (count: number) => string): string {
  const counted = Object.entries(counts).filter(([, count]) => count > 0);
  const texts = counted.map(([name, count]) => `${format(count)} ${name}`);
  return texts.length === 0 ? "none" : texts.join(", ");
}
