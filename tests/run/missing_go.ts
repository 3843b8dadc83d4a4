import { findGo } from "../interop/find_go.ts";

/**
 * Tells in one line why the tests against Go nodes cannot run here.
 *
 * @returns `undefined` when they can.
 */
export async function missingGo(): Promise<string | undefined> {
  return (await findGo()).missing;
}
