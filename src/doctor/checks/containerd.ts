import type { Facts } from "../facts/facts.ts";
import { isAtLeast } from "../../store/containerd_version.ts";
import { finding, notChecked, ok, type Result } from "../result.ts";

/** The oldest containerd that Peili is tested with. */
const OLDEST = "1.6";

/** Whether containerd answers, and which one it is. */
export function checkContainerd({ containerd, options }: Pick<Facts, "containerd" | "options">): Result[] {
  const { containerdSock, distribution } = options;
  if (containerd.state === "silent") {
    const command = `ctr --address ${containerdSock} version`;
    return [
      finding("containerd", {
        what: `containerd does not answer at ${containerdSock}: ${containerd.problem}`,
        why: "Peili serves what containerd has. Without it other nodes get nothing from this one.",
        fix: [
          `Run: ${command}`,
          ...(distribution.units.length > 0 ? [`Run: systemctl status ${distribution.units.join(" ")}`] : []),
          "If it has another socket: give --preset=<distribution> or --containerd-sock=<path>, here and to the node.",
          "In a pod: mount the socket, and run as a user who may use it.",
        ],
      }),
      notChecked("containerd-version", "containerd does not answer", command),
    ];
  }
  const { version, versionText } = containerd;
  return [
    ok("containerd", `containerd answers at ${containerdSock}`),
    version !== undefined && !isAtLeast(version, OLDEST)
      ? finding("containerd-version", {
        what: `containerd ${version.text} is older than ${OLDEST}`,
        why: "Peili is tested with 1.6 and newer; older ones follow mirrors in other ways.",
        fix: [`Update containerd to ${OLDEST} or newer.`],
      })
      : ok("containerd-version", `containerd ${version?.text ?? versionText}`),
  ];
}
