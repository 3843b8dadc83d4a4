import type { CallOptions } from "../../core/call_options.ts";
import { errorMessage } from "../../core/errors.ts";
import type { ContainerdInspection, LayerSurvey, PullConfiguration } from "../../store/containerd/inspection.ts";
import { type ContainerdVersion, parseContainerdVersion } from "../../store/containerd_version.ts";

/** What containerd tells, or why it does not. */
export type ContainerdFacts =
  | { state: "silent"; problem: string }
  | {
    state: "answers";
    /** What it says its version is. */
    versionText: string;
    /** The same, if it can be read. */
    version?: ContainerdVersion;
    /** How it says that it pulls. */
    told: PullConfiguration;
    /** Whether layers of images are there; `undefined` if that could not be found out. */
    survey?: LayerSurvey;
    /** Where its content is, on the node. */
    contentRoot?: string;
  };

/** What the system says of a socket, in words. */
const SOCKET_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket",
  ECONNREFUSED: "nobody listens there",
  EACCES: "this user may not use it",
  EPERM: "this user may not use it",
};

/** gRPC says in three sentences what the system says in one word. */
function connectionProblem(message: string): string {
  const [, code = ""] = /\bconnect (E[A-Z]+)\b/.exec(message) ?? [];
  return SOCKET_PROBLEMS[code] ?? message;
}

/** Asks containerd. */
export async function askContainerd(
  containerd: ContainerdInspection,
  options: CallOptions = {},
): Promise<ContainerdFacts> {
  let versionText: string;
  try {
    versionText = await containerd.version(options);
  } catch (reason) {
    return { state: "silent", problem: connectionProblem(errorMessage(reason)) };
  }
  const [told, survey, contentRoot] = await Promise.all([
    containerd.pullConfiguration(options).catch((): PullConfiguration => ({})), // the CRI plugin may be switched off
    containerd.surveyLayers(options).catch(() => undefined),
    containerd.contentRoot(options).catch(() => undefined),
  ]);
  return {
    state: "answers",
    versionText,
    version: parseContainerdVersion(versionText),
    told,
    survey,
    contentRoot,
  };
}
