import { timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import { errorMessage } from "../core/errors.ts";
import type { Handler } from "./listener.ts";

/** A user name and a password that the nodes of a cluster share, as Spegel's can. */
export interface BasicAuth {
  /** The user name; may be empty. */
  username: string;
  /** The password; may be empty. */
  password: string;
}

/** Where a secret with the files `username` and `password` is mounted, as with Spegel. */
export const BASIC_AUTH_DIR = "/etc/secrets/basic-auth";

/** Paths that tell how a node is; a kubelet that probes them has no password. */
const OPEN_PATHS: readonly string[] = ["/readyz", "/livez"];

const encoder = new TextEncoder();

/**
 * Reads the files `username` and `password` of a directory.
 *
 * @returns `undefined` if neither is there. One line end after each is no part of it.
 * @throws {Error} If one is there without the other, or cannot be read.
 */
export async function readBasicAuth(dir: string): Promise<BasicAuth | undefined> {
  const [username, password] = [await readSecret(join(dir, "username")), await readSecret(join(dir, "password"))];
  if (username === undefined && password === undefined) return undefined;
  if (username !== undefined && password !== undefined) return { username, password };
  const missing = username === undefined ? "username" : "password";
  throw new Error(`Cannot use the basic authentication in "${dir}": there is no file "${missing}"`);
}

/** Returns the value of the header `Authorization` (RFC 7617). */
export function basicAuthorization({ username, password }: BasicAuth): string {
  return `Basic ${encoder.encode(`${username}:${password}`).toBase64()}`;
}

/**
 * Answers 404 to whoever does not know the password, as if there were nothing.
 *
 * What passes is handed on without the header, so that nobody takes it for credentials of a registry.
 *
 * @param onRefused Hears of each request that is refused.
 */
export function requireBasicAuth(handler: Handler, auth: BasicAuth, onRefused: () => void): Handler {
  const expected = digestOf(basicAuthorization(auth));
  return async (request, info) => {
    const given = await digestOf(request.headers.get("authorization") ?? "");
    if (timingSafeEqual(given, await expected)) return await handler(withoutAuthorization(request), info);
    if (OPEN_PATHS.includes(URL.parse(request.url)?.pathname ?? "")) return await handler(request, info);
    onRefused();
    return new Response(null, { status: 404 });
  };
}

/**
 * Hands requests on without the password that `hosts.toml` makes containerd send. Credentials of others are kept.
 *
 * The listener for containerd is on loopback and asks for no password.
 */
export function dropBasicAuth(handler: Handler, auth: BasicAuth): Handler {
  const own = basicAuthorization(auth);
  return (request, info) =>
    handler(request.headers.get("authorization") === own ? withoutAuthorization(request) : request, info);
}

function withoutAuthorization(request: Request): Request {
  if (!URL.canParse(request.url)) return request; // a malformed Host header: nothing is answered with content
  const headers = new Headers(request.headers);
  headers.delete("authorization");
  return new Request(request.url, { method: request.method, headers, signal: request.signal });
}

/** Of equal length for texts of any length, so that a comparison tells nothing. */
async function digestOf(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

async function readSecret(path: string): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(path)).replace(/\r?\n$/, "");
  } catch (reason) {
    if (reason instanceof Deno.errors.NotFound || reason instanceof Deno.errors.NotADirectory) return undefined;
    throw new Error(`Cannot read "${path}": ${errorMessage(reason)}`, { cause: reason });
  }
}
