import type { Command, Help, HelpConfiguration, Option } from "commander";

/** Names that are wider than this stand on a line of their own, with what they do below. */
const TERM_MAX = 26;
/** The column of what an option does, where it stands below. */
const BELOW_COLUMN = 6;
/** The column of both in a list of names. */
const NAME_COLUMN = 2;

/** How help is written, so that it can be read at 80 columns although some flags take half of them. */
const HELP: HelpConfiguration = {
  formatItem(term, termWidth, description, helper) {
    if (termWidth <= TERM_MAX) return beside(term, termWidth, description, helper);
    return `${" ".repeat(NAME_COLUMN)}${term}\n${indented(description, BELOW_COLUMN, helper)}`;
  },
  optionDescription(option) {
    // Where the default is told in words, the description ends with it.
    const [, text = option.description, told = ""] = /^(.*) \((default: [^()]*)\)$/.exec(option.description) ?? [];
    const notes = [told || defaultOf(option), option.envVar === undefined ? "" : `variable: ${option.envVar}`];
    const given = notes.filter((note) => note !== "");
    return given.length === 0 ? text : `${text} (${given.join("; ")})`;
  },
};

/** Makes a command, and all commands below it, write their help so. */
export function withHelp(command: Command): void {
  command.configureHelp(HELP);
  for (const below of command.commands) withHelp(below);
}

function defaultOf({ defaultValue, defaultValueDescription }: Option): string {
  const text = defaultValueDescription ?? (defaultValue === undefined ? "" : String(defaultValue));
  return text === "" ? "" : `default: ${text}`;
}

function beside(term: string, termWidth: number, description: string, helper: Help): string {
  const column = NAME_COLUMN + termWidth + 2;
  return `${" ".repeat(NAME_COLUMN)}${term.padEnd(termWidth + 2)}${indented(description, column, helper).trimStart()}`;
}

function indented(text: string, column: number, helper: Help): string {
  const width = (helper.helpWidth ?? 80) - column;
  return helper.boxWrap(text, width).split("\n").map((line) => `${" ".repeat(column)}${line}`).join("\n");
}
