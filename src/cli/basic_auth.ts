import type { Option } from "commander";
import { BASIC_AUTH_DIR, type BasicAuth, readBasicAuth } from "../http/basic_auth.ts";
import { hostsLogger } from "./hosts_log.ts";
import { option } from "./option.ts";
import { parseNonEmpty } from "./values.ts";

/** Makes the option of the directory with the password that the nodes share. */
export function basicAuthOption(): Option {
  const description = "the files username and password that nodes ask of each other, where they are there";
  return option("--basic-auth-dir <path>", description, parseNonEmpty).default(BASIC_AUTH_DIR);
}

/**
 * Reads the password that the nodes share.
 *
 * @returns `undefined` if there is none. Whoever may not look at the usual place was not meant to find one there.
 * @throws {Error} If it is incomplete or cannot be read.
 */
export async function givenBasicAuth(dir: string): Promise<BasicAuth | undefined> {
  try {
    return await readBasicAuth(dir);
  } catch (reason) {
    const notAllowed = reason instanceof Error && reason.cause instanceof Deno.errors.NotCapable;
    if (!notAllowed || dir !== BASIC_AUTH_DIR) throw reason;
    hostsLogger.info("There is no permission to read {dir}: no password is used", { dir });
    return undefined;
  }
}
