import type { ClusterNode } from "../../integration/harness/cluster_node.ts";
import { until } from "../../support/until.ts";

/** What a node holds on to. */
export interface Footprint {
  /** Open files of containerd's content, complete or in progress. */
  contentFiles: number;
  /** Open sockets of the Peili process. */
  sockets: number;
  /** All other open files of the Peili process. */
  otherFiles: number;
  /** The leases in containerd that are Peili's. */
  leases: string[];
}

/** How many sockets more than before may stay open for a while, for each other node: kept for the next request. */
const KEPT_SOCKETS_PER_PEER = 3;
/** The same of other files: timers, watches and the like are opened at their first use. */
const KEPT_FILES = 4;
/** How long a node may take to let go, in milliseconds. */
const LET_GO_MS = 40_000;

/** Looks at what a node holds on to. */
export async function footprint({ peili, containerd }: ClusterNode): Promise<Footprint> {
  const fds = `/proc/${peili.process.pid}/fd`;
  const targets: string[] = [];
  for await (const { name } of Deno.readDir(fds)) {
    const target = await Deno.readLink(`${fds}/${name}`).catch(() => undefined); // closed meanwhile
    if (target !== undefined) targets.push(target);
  }
  const content = targets.filter((target) => /\/(blobs|ingest)\/.*[0-9a-f]{64}/.test(target)).length;
  const sockets = targets.filter((target) => target.startsWith("socket:")).length;
  // containerd keeps those of its own pulls for a day, where it was killed in the middle of one.
  const leases = (await containerd.ctr("leases", "list", "--quiet")).split("\n").filter((id) =>
    id.startsWith("peili-")
  );
  return { contentFiles: content, sockets, otherFiles: targets.length - content - sockets, leases: leases.sort() };
}

/**
 * Waits until a node holds on to no more than before, but for what is kept open for the next request.
 *
 * @throws {Error} If it does not let go; the text has what it holds on to.
 */
export async function assertLetsGo(node: ClusterNode, before: Footprint, peers: number): Promise<void> {
  let now = before;
  try {
    await until(`${node.network.name} to let go`, async () => {
      now = await footprint(node);
      return now.contentFiles === 0 && now.leases.every((lease) => before.leases.includes(lease)) &&
        now.sockets <= before.sockets + KEPT_SOCKETS_PER_PEER * peers &&
        now.otherFiles <= before.otherFiles + KEPT_FILES;
    }, { timeoutMs: LET_GO_MS, intervalMs: 500 });
  } catch (cause) {
    throw new Error(`${node.network.name} had ${JSON.stringify(before)}, and has ${JSON.stringify(now)}`, { cause });
  }
}
