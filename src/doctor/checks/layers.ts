import { formatSpan } from "../../core/human.ts";
import type { Facts } from "../facts/facts.ts";
import { dumpCommand, type PullFacts, pullFacts, settingLines } from "../facts/pull_facts.ts";
import { finding, notChecked, ok, type Result } from "../result.ts";

/** Whether containerd keeps layers, so that other nodes can have them. */
export function checkLayers(facts: Facts): Result[] {
  const pulls = pullFacts(facts);
  const survey = facts.containerd.state === "answers" ? facts.containerd.survey : undefined;
  const lost = survey?.withoutLayers ?? 0;
  const seen = survey === undefined || survey.images === 0
    ? ""
    : `; ${lost} of ${survey.images} images that were looked at lack layers${lost > 0 ? ` (${survey.example})` : ""}`;
  // Images that lost their layers before a change stay without them, so that what is set decides where it is known.
  if (pulls.discards === false) {
    const again = lost > 0 ? ". They were pulled before that was set, or are of another tool" : "";
    return [ok("discarded-layers", `discard_unpacked_layers is false${seen}${again}`)];
  }
  if (pulls.discards === undefined && lost === 0) {
    if ((survey?.images ?? 0) > 0) return [ok("discarded-layers", `all images have their layers${seen}`)];
    return [notChecked("discarded-layers", "containerd does not say, and there is no image", dumpCommand(facts))];
  }
  const retainedMs = facts.node.state === "answers" ? facts.node.status.retainLayersMs ?? 0 : 0;
  if (retainedMs > 0) {
    return [
      ok("discarded-layers", `layers are discarded, and Peili keeps those of the last ${formatSpan(retainedMs)}`),
    ];
  }
  return [
    finding("discarded-layers", {
      what: (pulls.discards ? "discard_unpacked_layers is true" : "layers of images are gone") + seen,
      why: "containerd deletes each layer once it is unpacked. Other nodes can get manifests from here, but no layers.",
      fix: [
        ...settingLines(facts, "discard_unpacked_layers", "false"),
        ...listTrap(facts, pulls),
        "Or start peili registry with --retain-layers=24h, where containerd's configuration cannot be changed.",
      ],
    }),
  ];
}

/** Setting it to false lets pulls go through the transfer service, which takes no list of directories. */
function listTrap(facts: Facts, { configPath }: PullFacts): string[] {
  if (!configPath.includes(":")) return [];
  return [
    "At the same time, as config_path is a list, which containerd 2.1 and newer then pass over:",
    ...settingLines(facts, "config_path", `"${facts.options.containerdRegistryConfigPath}"`),
  ];
}
