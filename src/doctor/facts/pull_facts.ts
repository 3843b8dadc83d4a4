import { effectiveSettings } from "./containerd_config.ts";
import { isAtLeast } from "../../store/containerd_version.ts";
import type { Facts } from "./facts.ts";
import { pluginTable } from "./pull_settings.ts";

/** How containerd pulls, from what it tells and from its files. */
export interface PullFacts {
  /** `false` if neither is to be seen. */
  known: boolean;
  /** Where it looks for `hosts.toml` files; "" for nowhere. */
  configPath: string;
  /** Whether that is what it does when nothing is set. */
  isDefault: boolean;
  /** Whether it deletes layers; `undefined` if that is not known. */
  discards?: boolean;
  /** Whether registries are configured in the older way. */
  inlineMirrors: boolean;
  /** Whether pulls go through the transfer service, which knows no list of directories. */
  transfer: boolean;
  /** A file that took the setting of a file before it away. */
  erasedBy?: string;
  /** A table that is passed over, and the file that has it. */
  misplaced?: { table: string; path: string };
}

/** Where containerd looks from 2.2 on unless something is set. */
const LIST_BY_DEFAULT = "/etc/containerd/certs.d:/etc/docker/certs.d";

/** Puts together what is known of pulls. */
export function pullFacts({ containerd, config }: Pick<Facts, "containerd" | "config">): PullFacts {
  const version = containerd.state === "answers" ? containerd.version : undefined;
  const told = containerd.state === "answers" ? containerd.told : {};
  const isOne = version?.major === 1;
  const said = effectiveSettings(config.files, isOne);
  // Without a file everything is as containerd has it by default, if there is a containerd at all.
  const onDisk = config.state === "seen" || (config.state === "absent" && containerd.state === "answers");
  const inlineMirrors = said.inlineMirrors ?? false;
  const byDefault = version && isAtLeast(version, "2.2") && !inlineMirrors ? LIST_BY_DEFAULT : "";
  const configPath = told.configPath ?? said.configPath;
  const misplaced = config.files.find((file) => file.misplaced !== undefined && (file.version >= 3 || isOne));
  return {
    known: told.configPath !== undefined || onDisk,
    configPath: configPath ?? byDefault,
    isDefault: configPath === undefined,
    discards: told.discardUnpackedLayers ?? (onDisk ? said.discardUnpackedLayers ?? false : undefined),
    inlineMirrors,
    transfer: version !== undefined && isAtLeast(version, "2.1") && said.localPull !== true,
    erasedBy: said.erasedBy,
    ...(misplaced?.misplaced ? { misplaced: { table: misplaced.misplaced, path: misplaced.path } } : {}),
  };
}

/** A setting of the plugin that pulls, and the table that it stands in. */
const SETTINGS = {
  config_path: "registry",
  discard_unpacked_layers: "discard",
  use_local_image_pull: "pull",
} as const;

/** Says how a setting is made, in the form of the file that is there. */
export function settingLines(facts: Facts, key: keyof typeof SETTINGS, value: string): string[] {
  const { options: { distribution, containerdConfig }, config, containerd } = facts;
  const isOne = containerd.state === "answers" && containerd.version?.major === 1;
  const version = config.files[0]?.version ?? (isOne ? 2 : 3);
  return [
    `In ${distribution.changeIn ?? containerdConfig} (version = ${version}):`,
    `  ${pluginTable(version, SETTINGS[key])}`,
    `    ${key} = ${value}`,
    `Then: ${distribution.restart}`,
  ];
}

/** Says how to see containerd's configuration where it cannot be seen from here. */
export function dumpCommand({ options }: Facts): string {
  const keys = "config_path|discard_unpacked|use_local_image_pull|imports";
  return `containerd --config ${options.containerdConfig} config dump | grep -E '${keys}'`;
}
