import { PROXY_VARIABLES } from "../../src/http/direct_client.ts";
import project from "../../deno.json" with { type: "json" };
import type { Allowance } from "./allowance.ts";

/** What stands in the tables for something that is another at every run. */
export interface Places {
  /** The address of the audited node. */
  own: string;
  /** The address of the node that it talks with. */
  other: string;
  /** The program `deno`. */
  deno: string;
  /** The bundle. */
  bundle: string;
  /** The directory of the audited node. */
  work: string;
}

/** A touch and its reason; `{own}` and the like stand for {@linkcode Places}. */
type Row = readonly [touch: string, why: string];

/** Permissions that Deno was asked for by every node. Each row has to be needed. */
const PERMISSIONS: readonly Row[] = [
  ["net {own}:30020", "listens for containerd, here at an address that the test reaches"],
  ["net [::]:5000", "listens for other nodes"],
  ["net [::]:5001", "listens for libp2p"],
  ["net 0.0.0.0:5001", "finds out whether IPv4 has to be listened on too"],
  ["net [::]:9090", "listens for Prometheus"],
  ["net {other}:5001", "libp2p to another node"],
  ["net {other}:5000", "content of another node: the connection"],
  ["net http://{other}:5000/v2/**", "content of another node: the request"],
  ["sys networkInterfaces", "the addresses that are told to other nodes"],
  ["read /var/lib/peili/private.key", "the node's identity"],
  ["read /var/lib/peili/private.key.*.tmp", "a new identity: asked for together with the right to write"],
  ["write /var/lib/peili/private.key.*.tmp", "a new identity"],
  ["write /var/lib/peili/private.key", "a new identity, put in place"],
  ["read /var/lib/peili/peers.json", "the peers of the last run"],
  ["read /var/lib/peili/peers.json.tmp", "the peers of this run: asked for together with the right to write"],
  ["write /var/lib/peili/peers.json.tmp", "the peers of this run"],
  ["write /var/lib/peili/peers.json", "the peers of this run, put in place"],
  ["read /etc/secrets/basic-auth/*", "a password that the nodes may share"],
  ["write /var/lib/peili", "the data directory is made where it is missing"],
  // The proxy variables are asked for only by a bootstrap over https:, which these nodes do not have.
  ...project.permissions.registry.env.allow.filter((name) => !PROXY_VARIABLES.includes(name))
    .map((name): Row => [`env ${name}`, "the variable of a flag"]),
  ["env (all)", "a library lists its settings: it sees the variables above and nothing else"],
  ["env DEBUG", "ignored: logging of libraries"],
  ["env DUMP_SESSION_KEYS", "ignored: debugging of noise"],
  ["env GRPC_*", "ignored: settings of the gRPC client"],
  ["env NODE_ENV", "ignored: settings of libraries"],
  ["env TF_BUILD", "ignored: whether a terminal has colours"],
];

/** What a node over an OCI layout that finds others by DNS asks for beside that. */
const LAYOUT_PERMISSIONS: readonly Row[] = [
  ["net nodes.peili.test", "the name of the nodes is resolved"],
  ["read /var/lib/peili/layout", "the OCI layout"],
  ["read /var/lib/peili/layout/index.json", "the names of its images"],
  ["read /var/lib/peili/layout/blobs", "its blobs are watched"],
  ["read /var/lib/peili/layout/blobs/sha*", "its blobs are listed"],
  ["read /var/lib/peili/layout/blobs/sha256/*", "its blobs are served"],
];

const CONTENT = "/var/lib/containerd/io.containerd.content.v1.content";

/** What a node over containerd that finds others by HTTP asks for beside that. */
const CONTAINERD_PERMISSIONS: readonly Row[] = [
  ["net {own}:5002", "tells its address at /id"],
  ["net {other}:5002", "asks for the address of another node: the connection"],
  ["net http://{other}:5002/id", "asks for the address of another node: the request"],
  ["read /etc/peili/ca.crt", "who signs for the others"],
  ["read /etc/peili/tls.crt", "its own certificate"],
  ["read /etc/peili/tls.key", "the key of it"],
  ["net unix:/run/containerd/containerd.sock", "containerd's API"],
  ["read /run/containerd/containerd.sock", "containerd's API, through Deno's Node layer"],
  ["write /run/containerd/containerd.sock", "containerd's API, through Deno's Node layer"],
  [`read ${CONTENT}`, "the content is watched"],
  [`read ${CONTENT}/blobs`, "the blobs are watched"],
  [`read ${CONTENT}/blobs/sha*`, "the blobs are listed"],
  [`read ${CONTENT}/blobs/sha256/*`, "the blobs are served"],
  ["sys statfs", "how much space is left for layers that are kept: the directory above"],
];

/** What the process of every node touched, as the kernel saw it. Some rows are not needed on every machine. */
const TOUCHES: readonly Row[] = [
  ["execute {deno}", "the program itself, and no other"],
  ["read {deno}", "the program finds itself"],
  ["read {bundle}", "the program that it runs"],
  ["read /lib/**", "shared libraries"],
  ["read /lib64/**", "shared libraries"],
  ["read /usr/lib/**", "shared libraries"],
  ["read /etc/ld.so.*", "shared libraries"],
  ["read /etc/localtime", "the time zone"],
  ["read /usr/share/zoneinfo/**", "the time zone"],
  ["read /dev/urandom", "random numbers"],
  ["read /proc/meminfo", "V8 sizes its heap"],
  ["read /proc/self/*", "V8 and the metrics of the process"],
  ["read /proc/sys/kernel/osrelease", "the version of the kernel"],
  ["read /sys/devices/system/cpu/**", "how many threads there should be"],
  ["read /sys/fs/cgroup/**", "how many threads there should be"],
  ["read /.npmrc", "Deno looks for settings of npm in the home directory, also when it may use no npm"],
  ["read /bin/node", "Deno looks along PATH for a program that libraries would call node; it is never started"],
  ["read /usr/bin/node", "as above"],
  ["read /run/deno**", "Deno's caches, which are not there"],
  ["write /run/deno**", "Deno's caches: tried, and done without, as the root cannot be written to"],
  ["write {work}/audit.jsonl", "the audit itself"],
  ["read /etc", "paths are followed from the root, for symbolic links"],
  ["read /etc/secrets**", "a password that the nodes may share"],
  ["read /", "paths are followed from the root, for symbolic links"],
  ["read /run", "as above"],
  ["read /var", "as above"],
  ["read /var/lib", "as above"],
  ["bind {own}:30020", "listens for containerd"],
  ["bind [::]:5000", "listens for other nodes"],
  ["bind [::]:5001", "listens for libp2p"],
  ["bind 0.0.0.0:5001", "finds out whether IPv4 has to be listened on too"],
  ["bind [::]:9090", "listens for Prometheus"],
  ["connect {other}:5000", "content of another node"],
  ["connect {other}:5001", "libp2p to another node"],
  ["socket AF_NETLINK", "the addresses of the network interfaces"],
  ["read /var/lib/peili", "the data directory"],
  ["write /var/lib/peili", "the data directory is made where it is missing"],
  ["read /var/lib/peili/private.key", "the node's identity"],
  ["write /var/lib/peili/private.key", "a new identity, put in place"],
  ["read /var/lib/peili/peers.json", "the peers of the last run"],
  ["write /var/lib/peili/peers.json", "the peers of this run, put in place"],
  ["read /var/lib/peili/peers.json.tmp", "paths are followed, for symbolic links"],
  ["write /var/lib/peili/peers.json.tmp", "the peers of this run"],
  ["read /var/lib/peili/private.key.*.tmp", "paths are followed, for symbolic links"],
  ["write /var/lib/peili/private.key.*.tmp", "a new identity"],
];

const LAYOUT_TOUCHES: readonly Row[] = [
  ["read /var/lib/peili/layout", "the OCI layout"],
  ["read /var/lib/peili/layout/index.json", "the names of its images"],
  ["read /var/lib/peili/layout/blobs**", "its blobs"],
  ["read /etc/nsswitch.conf", "how libc resolves names"],
  ["read /etc/host.conf", "how libc resolves names"],
  ["read /etc/resolv.conf", "how libc resolves names"],
  ["read /etc/hosts", "how libc resolves names"],
  ["read /etc/gai.conf", "how libc sorts addresses"],
  ["connect {own}:0", "how libc sorts addresses: no packet is sent"],
  ["connect {other}:0", "how libc sorts addresses: no packet is sent"],
  ["connect unix:/var/run/nscd/socket", "libc asks a cache of names, where there is one"],
];

const CONTAINERD_TOUCHES: readonly Row[] = [
  ["read /etc/peili", "as above"],
  ["read /etc/peili/*.crt", "certificates for the bootstrap"],
  ["read /etc/peili/tls.key", "the key of its own one"],
  ["read /var/lib/containerd", "paths are followed from the root, for symbolic links"],
  [`read ${CONTENT}`, "the content is watched"],
  [`read ${CONTENT}/blobs**`, "the blobs, and nothing beside them"],
  ["connect unix:/run/containerd/containerd.sock", "containerd's API"],
  ["bind {own}:5002", "tells its address at /id"],
  ["connect {other}:5002", "asks for the address of another node"],
];

/** The two kinds of node that are audited. */
export type AuditedStore = "containerd" | "oci-layout";

/** Returns the permissions that a node may ask Deno for. */
export function allowedPermissions(store: AuditedStore, places: Places): Allowance[] {
  return fill([...PERMISSIONS, ...(store === "containerd" ? CONTAINERD_PERMISSIONS : LAYOUT_PERMISSIONS)], places);
}

/** Returns what the process of a node may touch. */
export function allowedTouches(store: AuditedStore, places: Places): Allowance[] {
  return fill([...TOUCHES, ...(store === "containerd" ? CONTAINERD_TOUCHES : LAYOUT_TOUCHES)], places);
}

function fill(rows: readonly Row[], places: Places): Allowance[] {
  return rows.map(([touch, why]) => ({
    touch: touch.replace(/\{(\w+)\}/g, (_, name: keyof Places) => places[name]),
    why,
  }));
}
