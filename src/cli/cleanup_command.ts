import { Command } from "commander";
import { type ListenAddress, parseListenAddress } from "../core/listen_address.ts";
import { cleanup } from "../hosts/cleanup.ts";
import { listen } from "../http/listener.ts";
import { hostsLogger, logSetAside } from "./hosts_log.ts";
import { option, registryConfigPathOption } from "./option.ts";
import { watchSignals } from "./signals.ts";

/** The flags of `peili cleanup`, as commander names them. */
interface CleanupFlags {
  addr: ListenAddress;
  containerdRegistryConfigPath: string;
}

/** Makes `peili cleanup`: it stays after its work and says at `/readyz` that it is done, for `peili cleanup-wait`. */
export function cleanupCommand(): Command {
  return new Command("cleanup")
    .description("take back what configuration wrote, then answer /readyz until stopped")
    .addOption(option("--addr <address>", "where /readyz is answered", parseListenAddress).makeOptionMandatory())
    .addOption(registryConfigPathOption())
    .action(async ({ addr, containerdRegistryConfigPath }: CleanupFlags) => {
      using signals = watchSignals();
      const result = await cleanup({ registryConfigPath: containerdRegistryConfigPath, signal: signals.signal });
      logSetAside(result.setAside);
      hostsLogger.info(result.changed ? "Restored what was configured before" : "There is nothing to restore", {
        ...result,
      });
      await using _listener = listen(addr, ({ url }) => new Response(null, { status: isReadyz(url) ? 200 : 404 }));
      await signals.received;
    });
}

function isReadyz(url: string): boolean {
  return URL.parse(url)?.pathname === "/readyz";
}
