import { Command } from "commander";
import { type ListenAddress, parseListenAddress } from "../core/listen_address.ts";
import { cleanup } from "../hosts/cleanup.ts";
import { listen } from "../http/listener.ts";
import { hostsLogger, logSetAside } from "./hosts_log.ts";
import { containerdOptions, option, registryConfigPathOption } from "./option.ts";
import { presetOption, withPreset } from "./preset.ts";
import { releaseLayers } from "./release_layers.ts";
import { watchSignals } from "./signals.ts";

/** The flags of `peili cleanup`, as commander names them. */
interface CleanupFlags {
  addr: ListenAddress;
  containerdRegistryConfigPath: string;
  containerdSock: string;
  containerdNamespace: string;
}

/** Makes `peili cleanup`: it stays after its work and says at `/readyz` that it is done, for `peili cleanup-wait`. */
export function cleanupCommand(): Command {
  const command = new Command("cleanup")
    .description("take back what configuration wrote and release kept layers, then answer /readyz until stopped")
    .addOption(option("--addr <address>", "where /readyz is answered", parseListenAddress).makeOptionMandatory())
    .addOption(presetOption())
    .addOption(registryConfigPathOption());
  for (const made of containerdOptions()) command.addOption(made);
  return command.action(async () => {
    const flags = withPreset<CleanupFlags>(command);
    using signals = watchSignals();
    const { signal } = signals;
    const result = await cleanup({ registryConfigPath: flags.containerdRegistryConfigPath, signal });
    logSetAside(result.setAside);
    hostsLogger.info(result.changed ? "Restored what was configured before" : "There is nothing to restore", {
      ...result,
    });
    await releaseLayers({ sock: flags.containerdSock, namespace: flags.containerdNamespace }, { signal });
    await using _listener = listen(flags.addr, ({ url }) => new Response(null, { status: isReadyz(url) ? 200 : 404 }));
    await signals.received;
  });
}

function isReadyz(url: string): boolean {
  return URL.parse(url)?.pathname === "/readyz";
}
