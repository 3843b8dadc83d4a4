import { formatSpan } from "../../core/human.ts";
import { MINUTE_MS, SECOND_MS } from "../../core/units.ts";
import type { NodeStatus, PeerCheck } from "../../status/node_status.ts";
import type { Facts } from "../facts/facts.ts";
import { finding, notChecked, ok, type Result } from "../result.ts";

/** How far clocks may be apart, in milliseconds: half of what signed requests may be old. */
const SKEW_MAX_MS = 30 * SECOND_MS;

/** Whether other nodes are reached, reach this one, share its secret, and agree about the time. */
export function checkPeers({ node, options }: Facts): Result[] {
  const checks = ["peer-ports", "peer-ports-back", "secret", "clock"] as const;
  const command = `curl -s http://127.0.0.1:${options.metricsAddr.port}/status/peers`;
  if (node.state === "silent") return checks.map((check) => notChecked(check, "the node does not answer", command));
  if (node.peerChecks.length === 0) {
    const why = node.peerProblem ?? "the node knows no other node of Peili";
    const refused = node.status.requests.recent.refusedPeers > 0; // it may be for want of a secret that it knows nobody
    return checks.map((check) =>
      check === "secret" && refused ? secretResult([], node.status) : notChecked(check, why, command)
    );
  }
  const { peerChecks, status } = node;
  return [
    portsResult(peerChecks),
    backResult(peerChecks, status.listeners.registry),
    secretResult(peerChecks, status),
    clockResult(peerChecks),
  ];
}

function portsResult(checks: readonly PeerCheck[]): Result {
  const failed = checks.filter(({ result }) => result === "failed");
  if (failed.length === 0) return ok("peer-ports", `${checks.length} of ${checks.length} other nodes answer`);
  return finding("peer-ports", {
    what: `${failed.length} of ${checks.length} other nodes do not answer: ${listed(failed)}`,
    why: "Content that only they have comes from the real registry, after a wait.",
    fix: [
      `Let this node reach TCP port ${portsOf(failed)} there: firewalls, security groups, NetworkPolicy.`,
      "Run there: peili doctor",
    ],
  });
}

function backResult(checks: readonly PeerCheck[], registry: string): Result {
  const asked = checks.filter(({ back }) => back !== undefined);
  const failed = asked.filter(({ back }) => !back?.reached);
  if (asked.length === 0) {
    return notChecked("peer-ports-back", "other nodes cannot be asked for it", "peili doctor, on another node");
  }
  if (failed.length === 0) {
    return ok("peer-ports-back", `${asked.length} of ${asked.length} other nodes reach this one`);
  }
  const details = failed.map(({ host, back }) => `${host} says: ${back?.detail ?? "not reached"}`);
  return finding("peer-ports-back", {
    what: `${failed.length} of ${asked.length} other nodes do not reach this one: ${details.join("; ")}`,
    why: "They find out that this node has content, and cannot get it.",
    fix: [
      `Let other nodes reach ${registry} on this one, TCP: firewalls, security groups, NetworkPolicy.`,
      "If --registry-addr is on loopback or on an address that others do not reach: give another one.",
    ],
  });
}

function secretResult(checks: readonly PeerCheck[], status: NodeStatus): Result {
  const refused = checks.filter(({ result }) => result === "refused");
  const { requests: { recent }, refusedPeers } = status;
  if (refused.length === 0 && recent.refusedPeers === 0) {
    const shared = [...(status.clusterSecret ? ["a cluster secret"] : []), ...(status.basicAuth ? ["a password"] : [])];
    return ok("secret", `all that answer accept this node, with ${shared.join(" and ") || "no secret at all"}`);
  }
  const span = formatSpan(recent.minutes * MINUTE_MS);
  const there = refused.length > 0 ? [`${listed(refused)} refuse this node`] : [];
  const here = recent.refusedPeers > 0
    ? [`this node refused ${recent.refusedPeers} requests or connections in ${span} (${refusedPeers} since its start)`]
    : [];
  return finding("secret", {
    what: [...there, ...here].join("; "),
    why: "Nodes that do not share one secret get nothing from each other. Others that ask without it may be intruders.",
    fix: [
      "Give every node the same --cluster-secret-file, and the same files username and password in --basic-auth-dir.",
      "Start the nodes that had another one again.",
      "Compare: sha256sum /etc/secrets/basic-auth/* and the secret file, on this node and there.",
    ],
  });
}

function clockResult(checks: readonly PeerCheck[]): Result {
  const known = checks.flatMap(({ host, skewMs }) => skewMs === undefined ? [] : [{ host, skewMs }]);
  if (known.length === 0) return notChecked("clock", "no other node tells its time", "timedatectl");
  const apart = known.filter(({ skewMs }) => Math.abs(skewMs) > SKEW_MAX_MS);
  if (apart.length === 0) {
    return ok("clock", `${known.length} of ${known.length} other clocks agree within ${SKEW_MAX_MS / SECOND_MS} s`);
  }
  const texts = apart.map(({ host, skewMs }) =>
    `${host} is ${formatSpan(Math.abs(skewMs))} ${skewMs > 0 ? "ahead" : "behind"}`
  );
  return finding("clock", {
    what: texts.join("; "),
    why: "Certificates, and requests that are signed with the time, are refused between clocks that differ.",
    fix: ["On the node whose clock is wrong: timedatectl set-ntp true", "Or, with chrony: chronyc makestep"],
  });
}

function listed(checks: readonly PeerCheck[]): string {
  return checks.map(({ host, detail }) => detail === undefined ? host : `${host} (${detail})`).join(", ");
}

function portsOf(checks: readonly PeerCheck[]): string {
  return [...new Set(checks.map(({ host }) => host.replace(/^.*:/, "")))].join(", ");
}
