/**
 * Writes what is generated into the documentation: `deno task docs`.
 *
 * @module
 */
import { CONFIGURATION_PAGE, withFlagTables } from "./generated.ts";

if (import.meta.main) {
  await Deno.writeTextFile(CONFIGURATION_PAGE, withFlagTables(await Deno.readTextFile(CONFIGURATION_PAGE)));
}
