import { lookup } from "node:dns/promises";
import { abortable, deadline } from "../../core/deadline.ts";
import { errorMessage } from "../../core/errors.ts";
import { formatAddress, parseListenAddress } from "../../core/listen_address.ts";
import { SECOND_MS } from "../../core/units.ts";
import { DirectClient } from "../../http/direct_client.ts";
import type { NodeStatus } from "../../status/node_status.ts";
import type { Facts } from "../facts/facts.ts";
import { connectProblem } from "../facts/tcp.ts";
import { finding, notChecked, ok, type Result } from "../result.ts";

/** How long a name server may take, in milliseconds. */
const RESOLVE_MS = 5 * SECOND_MS;
/** How many addresses are tried, and shown. */
const TRIED_MAX = 4;

/** Somebody whom the node could join by. */
interface Candidate {
  host: string;
  port: number;
}

/** What came of looking for the first peers. */
interface Found {
  candidates: Candidate[];
  /** Why there are none. */
  problem?: string;
}

/** Whether the node finds others, and knows some. */
export async function checkBootstrap({ node, signal }: Facts): Promise<Result[]> {
  if (node.state === "silent") {
    const what = "the node does not answer";
    return [notChecked("bootstrap", what, "peili doctor"), notChecked("peers", what, "peili status")];
  }
  const { status } = node;
  if (status.bootstrap.kind === "none") return [noneResult(status), peersResult(status, [])];
  const { candidates, problem } = await findCandidates(status, signal);
  const from = `${status.bootstrap.kind} ${status.bootstrap.from.join(", ")}`;
  if (candidates.length === 0) {
    return [bootstrapFinding(status, from, problem ?? "it names nobody"), peersResult(status, [])];
  }
  const unreachable = status.peers > 0 ? [] : await tryAll(candidates, signal);
  return [ok("bootstrap", `${from} names ${listed(candidates)}`), peersResult(status, unreachable)];
}

function noneResult(status: NodeStatus): Result {
  const others = status.peers > 0 ? `; others found it: it knows ${status.peers}` : "";
  if (others !== "") return ok("bootstrap", `the node looks for nobody${others}`);
  return finding("bootstrap", {
    what: "--bootstrap-kind is none, and no other node has found this one",
    why: "The node serves only itself.",
    fix: ["Start peili registry with --bootstrap-kind=dns --dns-bootstrap-domain=<a name with all nodes' addresses>."],
  });
}

function bootstrapFinding({ bootstrap }: NodeStatus, from: string, problem: string): Result {
  const fixes: Record<string, string[]> = {
    dns: [
      `Make ${bootstrap.from[0]} resolve to the addresses of the nodes: in Kubernetes a headless Service with`,
      "  clusterIP: None",
      "  publishNotReadyAddresses: true",
      "and in the pod, as it uses the host's network:",
      "  dnsPolicy: ClusterFirstWithHostNet",
    ],
    http: [
      bootstrap.from.length === 0
        ? "Give --http-bootstrap-url=http://<another node>:<port>/id, but on the first node of all."
        : `Make ${bootstrap.from[0]} answer with [{"ID":"…","Addrs":["/ip4/…/tcp/5001"]}].`,
    ],
    static: ["Give --static-bootstrap-peers=/ip4/<address>/tcp/5001/p2p/<peer id> of nodes that run."],
  };
  return finding("bootstrap", {
    what: `${from}: ${problem}`,
    why: "A node that starts finds nobody, unless it remembers peers of its last run.",
    fix: fixes[bootstrap.kind] ?? ["Correct --bootstrap-kind."],
  });
}

function peersResult({ peers, listeners }: NodeStatus, unreachable: string[]): Result {
  if (peers > 0) return ok("peers", `others that the node knows: ${peers}`);
  const ports = unreachable.length > 0 ? [`Open the port of libp2p: ${unreachable.join("; ")}.`] : [];
  return finding("peers", {
    what: `the node knows no other${unreachable.length > 0 ? `: ${unreachable.join("; ")}` : ""}`,
    why: "It serves what its own containerd has, and every other pull goes to the real registry.",
    fix: [
      ...ports,
      `Let nodes reach each other at ${listeners.router} (libp2p) and ${listeners.registry} (content), TCP.`,
      "Start at least one other node, with the same secret or with none.",
    ],
  });
}

async function findCandidates({ bootstrap, listeners }: NodeStatus, signal: AbortSignal): Promise<Found> {
  const limit = deadline(RESOLVE_MS, signal);
  const { port } = parseListenAddress(listeners.router);
  const [from = ""] = bootstrap.from;
  try {
    switch (bootstrap.kind) {
      case "dns": {
        const addresses = await abortable(lookup(from, { all: true }), limit);
        return { candidates: addresses.map(({ address }) => ({ host: address, port })) };
      }
      case "http": {
        if (from === "") return { candidates: [], problem: "no URL is given" };
        return { candidates: multiaddrHosts(await httpAddresses(from, limit)) };
      }
      default:
        return { candidates: multiaddrHosts(bootstrap.from) };
    }
  } catch (reason) {
    signal.throwIfAborted();
    return { candidates: [], problem: errorMessage(reason) };
  }
}

async function httpAddresses(url: string, signal: AbortSignal): Promise<string[]> {
  using client = new DirectClient();
  const response = await client.fetch(url, { signal });
  const peers: unknown = await response.json();
  if (!response.ok || !Array.isArray(peers)) throw new Error(`status ${response.status}, and no list of nodes`);
  return peers.flatMap((peer) => Array.isArray(peer?.Addrs) ? peer.Addrs.map(String) : []);
}

function multiaddrHosts(addresses: readonly string[]): Candidate[] {
  return addresses.flatMap((address) => {
    const [, host, port] = /^\/ip[46]\/([^/]+)\/tcp\/(\d+)/.exec(address) ?? [];
    return host === undefined ? [] : [{ host, port: Number(port) }];
  });
}

function listed(candidates: readonly Candidate[]): string {
  const shown = candidates.slice(0, TRIED_MAX).map(({ host }) => host).join(", ");
  return candidates.length > TRIED_MAX ? `${shown} and more` : shown;
}

async function tryAll(candidates: readonly Candidate[], signal: AbortSignal): Promise<string[]> {
  const problems = await Promise.all(
    candidates.slice(0, TRIED_MAX).map(async ({ host, port }) => {
      const problem = await connectProblem(host, port, signal);
      return problem === undefined ? [] : [`${formatAddress(host, port)}: ${problem}`];
    }),
  );
  return problems.flat();
}
