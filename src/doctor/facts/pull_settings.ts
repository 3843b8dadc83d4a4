import type { TomlTable, TomlValue } from "@std/toml";

/** What one file of containerd's configuration, or all of them together, say about pulls. */
export interface PullSettings {
  /** Where `hosts.toml` files are; may be a list with colons. */
  configPath?: string;
  /** Whether layers are deleted once they are unpacked. */
  discardUnpackedLayers?: boolean;
  /** Whether registries are configured in the older way, which excludes `hosts.toml` files. */
  inlineMirrors?: boolean;
  /** Settings that make containerd 2.1 and newer pull by itself instead of through the transfer service. */
  localPull?: boolean;
}

/** What a file says, and where. */
export interface FileSettings extends PullSettings {
  /** The version of the file's form. */
  version: number;
  /** Whether the file has the tables of the plugin at all: in containerd 1.x these replace those of files before. */
  hasPlugin: boolean;
  /** Tables of a plugin that containerd looks for under another name in this form, and so passes over. */
  misplaced?: string;
}

/** The name of the plugin that pulls, before and since version 3 of the form. */
const OLD_PLUGIN = "io.containerd.grpc.v1.cri";
const NEW_PLUGIN = "io.containerd.cri.v1.images";
/** Version 1 has names without a kind. */
const FIRST_PLUGIN = "cri";
/** What `max_concurrent_downloads` is unless something else is set. */
const DOWNLOADS_BY_DEFAULT = 3;

/** Returns the heading of a table of the plugin that pulls, in a version of the form. */
export function pluginTable(version: number, part: "registry" | "discard" | "pull"): string {
  if (version >= 3) return `[plugins."${NEW_PLUGIN}"${part === "registry" ? ".registry" : ""}]`;
  const plugin = version === 1 ? `plugins.${FIRST_PLUGIN}` : `plugins."${OLD_PLUGIN}"`;
  return `[${plugin}${part === "registry" ? ".registry" : part === "discard" ? ".containerd" : ""}]`;
}

/** Reads what a file of version 1, 2, 3 or 4 says about pulls. */
export function readFileSettings(table: TomlTable): FileSettings {
  const version = typeof table.version === "number" ? table.version : 1;
  const plugins = tableAt(table, "plugins") ?? {};
  const name = version >= 3 ? NEW_PLUGIN : version === 2 ? OLD_PLUGIN : FIRST_PLUGIN;
  const other = version >= 3 ? OLD_PLUGIN : NEW_PLUGIN;
  const plugin = tableAt(plugins, name);
  const registry = tableAt(plugin, "registry") ?? {};
  const discard = version >= 3
    ? plugin?.discard_unpacked_layers
    : tableAt(plugin, "containerd")?.discard_unpacked_layers;
  return {
    version,
    hasPlugin: plugin !== undefined,
    ...(typeof registry.config_path === "string" ? { configPath: registry.config_path } : {}),
    ...(typeof discard === "boolean" ? { discardUnpackedLayers: discard } : {}),
    ...(hasMirrors(registry) ? { inlineMirrors: true } : {}),
    ...(pullsLocally(plugin ?? {}, registry) ? { localPull: true } : {}),
    ...(plugins[other] === undefined ? {} : { misplaced: `plugins."${other}"` }),
  };
}

function hasMirrors(registry: TomlTable): boolean {
  return Object.keys(tableAt(registry, "mirrors") ?? {}).length > 0;
}

/** The settings that the transfer service cannot follow: containerd then pulls as it did before 2.1. */
function pullsLocally(plugin: TomlTable, registry: TomlTable): boolean {
  const { max_concurrent_downloads: downloads = DOWNLOADS_BY_DEFAULT } = plugin;
  return plugin.use_local_image_pull === true || plugin.discard_unpacked_layers === true ||
    plugin.disable_snapshot_annotations === false || plugin.image_pull_with_sync_fs === true ||
    Number(downloads) !== DOWNLOADS_BY_DEFAULT ||
    ["mirrors", "configs", "auths"].some((key) => Object.keys(tableAt(registry, key) ?? {}).length > 0);
}

function tableAt(table: TomlTable | undefined, key: string): TomlTable | undefined {
  const value: TomlValue | undefined = table?.[key];
  const isTable = typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
  return isTable ? value as TomlTable : undefined;
}
