import { TomlError } from "@std/toml";
import { errorMessage } from "../../core/errors.ts";

/** Says in one line what is wrong with a TOML file, and where in it. */
export function tomlProblem(reason: unknown): string {
  if (!(reason instanceof TomlError)) return errorMessage(reason);
  const [what = ""] = reason.message.split("\n");
  return `line ${reason.line}, column ${reason.column}: ${what.replace(/^Invalid TOML document: /, "")}`;
}
