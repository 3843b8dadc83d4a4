import type { Command, Option } from "commander";
import { program } from "../../src/cli/program.ts";

/** The page that has the tables of flags. */
export const CONFIGURATION_PAGE = new URL("../../docs/configuration.md", import.meta.url);

const SECTION_REGEXP = /(<!-- flags of ([^>]+?) -->\n)[^]*?(<!-- end -->)/g;

/**
 * Returns the page with the tables of flags as the commands have them now.
 *
 * @throws {RangeError} If a table is for no command, or a command has no table.
 */
export function withFlagTables(page: string): string {
  const peili = program();
  const tables = new Map([peili, ...peili.commands].map((command) => [nameOf(command), flagTable(command)]));
  const text = page.replace(SECTION_REGEXP, (_, begin: string, name: string, end: string) => {
    const table = tables.get(name);
    if (table === undefined) throw new RangeError(`Cannot write the flags of "${name}": there is no such command left`);
    tables.delete(name);
    return `${begin}\n${table}\n${end}`;
  });
  if (tables.size > 0) {
    throw new RangeError(`Cannot write the flags of ${[...tables.keys()].join(", ")}: no place for them`);
  }
  return text;
}

function nameOf(command: Command): string {
  return command.parent ? `peili ${command.name()}` : command.name();
}

function flagTable(command: Command): string {
  const rows = command.options.map(flagRow);
  return ["| flag | variable | default | what it does |", "|---|---|---|---|", ...rows, ""].join("\n");
}

function flagRow(option: Option): string {
  const what = option.description.replaceAll("|", "\\|");
  return `| \`${option.flags}\` | ${code(option.envVar)} | ${defaultOf(option)} | ${what} |`;
}

function defaultOf({ mandatory, defaultValue, defaultValueDescription }: Option): string {
  if (mandatory && defaultValue === undefined) return "has to be given";
  return code(defaultValueDescription ?? (defaultValue === undefined ? undefined : String(defaultValue)));
}

function code(text: string | undefined): string {
  return text === undefined ? "" : `\`${text}\``;
}
