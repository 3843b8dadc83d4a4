/**
 * The `peili` command.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { CommanderError } from "commander";
import { errorMessage } from "../core/errors.ts";
import { program } from "./program.ts";

/** Exit code for a bad flag, environment variable or value. */
const EXIT_USAGE = 2;
/** Exit code for everything else that fails. */
const EXIT_FAILURE = 1;

/** Runs one command and returns its exit code, which a command may set itself. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: "user" });
    return Deno.exitCode;
  } catch (reason) {
    // commander has printed its own errors, and help and version are no errors at all.
    if (reason instanceof CommanderError) return reason.exitCode === 0 ? 0 : EXIT_USAGE;
    console.error(`error: ${errorMessage(reason)}`);
    return reason instanceof SyntaxError || reason instanceof RangeError ? EXIT_USAGE : EXIT_FAILURE;
  }
}

if (import.meta.main) {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault(); // a fault in one part must not end the mirror for all pulls
    getLogger("peili").error("Unhandled rejection: {reason}", { reason: errorMessage(event.reason) });
  });
  Deno.exit(await main(Deno.args));
}
