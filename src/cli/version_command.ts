import { Command } from "commander";
import project from "../../deno.json" with { type: "json" };
import { option } from "./option.ts";
import { oneOf } from "./values.ts";

/** Makes `peili version`. */
export function versionCommand(): Command {
  return new Command("version")
    .description("print the version")
    .addOption(option("--format <format>", "text or json", oneOf("text", "json")).default("text"))
    .action(({ format }: { format: "text" | "json" }) => {
      const version = { version: project.version, deno: Deno.version.deno };
      console.log(format === "json" ? JSON.stringify(version) : version.version);
    });
}
