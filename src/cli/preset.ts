import type { Command, Option } from "commander";
import { DISTRIBUTION_NAMES, type DistributionName, DISTRIBUTIONS } from "../hosts/distributions.ts";
import { option } from "./option.ts";
import { oneOf } from "./values.ts";

/** Makes the option that sets paths as a distribution has them. */
export function presetOption(): Option {
  const description = `paths as a distribution has them, where they are not given: ${DISTRIBUTION_NAMES.join(", ")}`;
  return option("--preset <distribution>", description, oneOf<DistributionName>(...DISTRIBUTION_NAMES));
}

/**
 * Returns the flags of a command, with the paths of `--preset` for those that neither a flag nor a variable gives.
 *
 * A flag that the command does not have is left out.
 */
export function withPreset<Flags extends object>(command: Command): Flags {
  const flags = command.opts<Flags & { preset?: DistributionName }>();
  if (flags.preset === undefined) return flags;
  const given = (name: string) => !["default", undefined].includes(command.getOptionValueSource(name));
  const known = new Set(command.options.map((made) => made.attributeName()));
  const set = Object.entries(DISTRIBUTIONS[flags.preset]).filter(([name]) => known.has(name) && !given(name));
  return { ...flags, ...Object.fromEntries(set) };
}
