import { Command } from "commander";
import { cleanupCommand } from "./cleanup_command.ts";
import { cleanupWaitCommand } from "./cleanup_wait_command.ts";
import { configurationCommand } from "./configuration_command.ts";
import { withHelp } from "./help.ts";
import { configureLogging, parseLogLevel } from "./logging.ts";
import { option } from "./option.ts";
import { registryCommand } from "./registry_command.ts";
import { statusCommand } from "./status_command.ts";
import { versionCommand } from "./version_command.ts";
import { doctorCommand } from "./doctor_command.ts";

/** Makes the whole command line. Errors are thrown, never turned into the end of the process. */
export function program(): Command {
  const peili = new Command("peili")
    .description("Stateless, cluster-local OCI registry mirror")
    .addOption(option("--log-level <level>", "DEBUG, INFO, WARN or ERROR", parseLogLevel).default("info", "INFO"))
    .hook("preAction", async (command) => await configureLogging(command.opts().logLevel));
  const commands = [
    registryCommand(),
    configurationCommand(),
    cleanupCommand(),
    cleanupWaitCommand(),
    doctorCommand(),
    statusCommand(),
    versionCommand(),
  ];
  for (const command of commands) peili.addCommand(command);
  withHelp(peili);
  for (const command of [peili, ...commands]) command.exitOverride().showHelpAfterError(false);
  return peili;
}
