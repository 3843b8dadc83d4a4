import { Command } from "commander";
import { configure } from "../hosts/configure.ts";
import { parseMirrorTargets } from "../hosts/mirror_targets.ts";
import { parseMirroredRegistries } from "../oci/mirrored_registries.ts";
import { basicAuthOption, givenBasicAuth } from "./basic_auth.ts";
import { hostsLogger, logSetAside } from "./hosts_log.ts";
import { booleanOption, listOption, registryConfigPathOption } from "./option.ts";
import { presetOption, withPreset } from "./preset.ts";
import { watchSignals } from "./signals.ts";
import { checked } from "./values.ts";

/** The flags of `peili configuration`, as commander names them. */
interface ConfigurationFlags {
  containerdRegistryConfigPath: string;
  mirroredRegistries?: string[];
  mirrorTargets: string[];
  resolveTags: boolean;
  prependExisting: boolean;
  basicAuthDir: string;
}

/** Makes `peili configuration`. */
export function configurationCommand(): Command {
  const registries = (text: string) => parseMirroredRegistries([text]);
  const targets = (text: string) => parseMirrorTargets([text]);
  return new Command("configuration")
    .description("point containerd at the mirror, by hosts.toml files")
    .addOption(presetOption())
    .addOption(registryConfigPathOption())
    .addOption(
      listOption("--mirrored-registries <urls...>", "the registries to mirror (default: all)", checked(registries)),
    )
    .addOption(
      listOption("--mirror-targets <urls...>", "where containerd finds mirrors", checked(targets))
        .makeOptionMandatory(),
    )
    .addOption(booleanOption("--resolve-tags", "let the mirror resolve tags", true))
    .addOption(booleanOption("--prepend-existing", "keep hosts that are configured already, behind the mirror", false))
    .addOption(basicAuthOption())
    .action(async (_flags, command: Command) => {
      const flags = withPreset<ConfigurationFlags>(command);
      using signals = watchSignals();
      const result = await configure({
        registryConfigPath: flags.containerdRegistryConfigPath,
        mirroredRegistries: flags.mirroredRegistries,
        mirrorTargets: flags.mirrorTargets,
        resolveTags: flags.resolveTags,
        prependExisting: flags.prependExisting,
        basicAuth: await givenBasicAuth(flags.basicAuthDir),
        signal: signals.signal,
      });
      for (const warning of result.warnings) hostsLogger.warn("{warning}", { warning });
      logSetAside(result.setAside);
      hostsLogger.info(result.changed ? "Configured the mirror" : "The mirror is configured already", { ...result });
    });
}
