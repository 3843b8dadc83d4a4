import type { Facts } from "../facts/facts.ts";
import { dumpCommand, type PullFacts, pullFacts, settingLines } from "../facts/pull_facts.ts";
import { finding, notChecked, ok, type Result } from "../result.ts";

/** Whether containerd reads the `hosts.toml` files, and whether its pulls honour that. */
export function checkConfigPath(facts: Facts): Result[] {
  const pulls = pullFacts(facts);
  if (!pulls.known && facts.config.state !== "broken") {
    const what = facts.config.problem ?? `${facts.options.containerdConfig}: it cannot be seen from here`;
    return [
      notChecked("config-path", what, dumpCommand(facts)),
      notChecked("config-path-list", what, dumpCommand(facts)),
    ];
  }
  return [configPathResult(facts, pulls), listResult(facts, pulls)];
}

function configPathResult(facts: Facts, pulls: PullFacts): Result {
  const { containerdConfig, containerdRegistryConfigPath: wanted } = facts.options;
  const fix = settingLines(facts, "config_path", `"${wanted}"`);
  const why = "Without it containerd reads no hosts.toml file, and never asks the mirror.";
  if (facts.config.state === "broken") {
    return finding("config-path", {
      what: `containerd's configuration cannot be parsed: ${facts.config.problem}`,
      why: "containerd does not start with such a file, or passes over it.",
      fix: [`Correct ${containerdConfig}.`, `Then: ${facts.options.distribution.restart}`],
    });
  }
  if (pulls.inlineMirrors) {
    return finding("config-path", {
      what: "registry.mirrors is set in containerd's configuration, which excludes hosts.toml files",
      why,
      fix: ["Remove the tables registry.mirrors (the mirrors can go into hosts.toml files), and:", ...fix],
    });
  }
  if (pulls.configPath === "") {
    const { erasedBy, misplaced } = pulls;
    const cause = erasedBy !== undefined
      ? `: ${erasedBy} has tables of the same plugin, which in containerd 1.x replace those of the files before it`
      : misplaced !== undefined
      ? `: ${misplaced.path} has a table ${misplaced.table}, which this version of the form passes over`
      : "";
    const where = erasedBy === undefined ? [] : [`In ${erasedBy}, beside what it sets:`];
    return finding("config-path", { what: `config_path is not set${cause}`, why, fix: [...where, ...fix] });
  }
  if (!pulls.configPath.split(":").includes(wanted)) {
    return finding("config-path", {
      what: `containerd reads hosts.toml files from ${pulls.configPath}, not from ${wanted}`,
      why: "The files in the other directory have no effect.",
      fix: [
        `Run: peili configuration --containerd-registry-config-path=${pulls.configPath.split(":")[0]} …`,
        "Or:",
        ...fix,
      ],
    });
  }
  return ok("config-path", `config_path is ${pulls.configPath}${pulls.isDefault ? " (the default)" : ""}`);
}

function listResult(facts: Facts, { configPath, transfer }: PullFacts): Result {
  const isList = configPath.includes(":");
  if (!isList || !transfer) {
    const how = transfer ? "pulls go through the transfer service" : "containerd pulls by itself";
    return ok("config-path-list", isList ? `a list, which is honoured: ${how}` : `no list; ${how}`);
  }
  const { containerdRegistryConfigPath: wanted } = facts.options;
  return finding("config-path-list", {
    what: `config_path is a list (${configPath}), and pulls go through the transfer service`,
    why: "The transfer service takes the list for one directory that does not exist: no hosts.toml file is read, " +
      "and nothing is logged.",
    fix: [
      ...settingLines(facts, "config_path", `"${wanted}"`),
      "Or, to keep the list:",
      ...settingLines(facts, "use_local_image_pull", "true"),
    ],
  });
}
