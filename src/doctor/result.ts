/** Something is as it should be. */
export interface Ok {
  /** The name of the check. */
  check: CheckName;
  state: "ok";
  /** What was seen. */
  what: string;
}

/** Something is wrong. */
export interface Finding {
  /** The name of the check. */
  check: CheckName;
  state: "finding";
  /** What was seen. */
  what: string;
  /** Why it matters. */
  why: string;
  /** The exact change, line by line. */
  fix: string[];
}

/** Something cannot be seen from where the doctor runs. */
export interface NotChecked {
  /** The name of the check. */
  check: CheckName;
  state: "not-checked";
  /** What cannot be seen. */
  what: string;
  /** What to run on the node instead. */
  command: string;
}

/** What a check came to. */
export type Result = Ok | Finding | NotChecked;

/** The checks, in the order in which they are told, with what each is about. `docs/troubleshooting.md` has them all. */
export const CHECKS = {
  "containerd": "containerd answers",
  "containerd-version": "its version is supported",
  "config-path": "it reads hosts.toml files",
  "config-path-list": "its pulls honour that setting",
  "drop-ins": "the files beside its configuration are loaded",
  "config-loaded": "it runs with the configuration that is on the disk",
  "discarded-layers": "it keeps layers",
  "hosts-present": "hosts.toml files name the mirror",
  "hosts-parsed": "containerd can read them",
  "hosts-hidden": "no directory hides the mirror",
  "hosts-target": "they name the port that the mirror listens on",
  "proxy": "no proxy stands between containerd and the mirror",
  "clients": "nerdctl and ctr use the mirror",
  "node": "Peili runs on this node",
  "probe": "a pull arrives at the mirror",
  "bootstrap": "the first peers are found",
  "peers": "the node knows others",
  "peer-ports": "other nodes are reached from here",
  "peer-ports-back": "other nodes reach this one",
  "secret": "the nodes share one secret",
  "clock": "their clocks agree",
  "hit-rate": "the mirror serves what is asked for",
  "permissions": "the files that Peili needs can be used",
  "disk": "there is room for images",
} as const satisfies Record<string, string>;

/** The name of a check, for scripts; it does not change. */
export type CheckName = keyof typeof CHECKS;

/** Makes the result of something that is as it should be. */
export function ok(check: CheckName, what: string): Ok {
  return { check, state: "ok", what };
}

/** Makes the result of something that is wrong. */
export function finding(check: CheckName, about: Pick<Finding, "what" | "why" | "fix">): Finding {
  return { check, state: "finding", ...about };
}

/** Makes the result of something that cannot be seen from here. */
export function notChecked(check: CheckName, what: string, command: string): NotChecked {
  return { check, state: "not-checked", what, command };
}
