import { createPrivateKey, type KeyObject } from "node:crypto";
import { join } from "node:path";
import { generateKeyPair, privateKeyFromRaw } from "@libp2p/crypto/keys";
import type { Ed25519PrivateKey, PrivateKey } from "@libp2p/interface";
import { errorMessage } from "../../core/errors.ts";

/** The file of the identity in the data directory, as Spegel names it. */
const KEY_FILE = "private.key";

/** What a PKCS#8 Ed25519 key has before its 32 secret bytes: RFC 8410, section 7. */
const PKCS8_PREFIX = Uint8Array.fromHex("302e020100300506032b657004220420");

/**
 * Loads the node's identity from `private.key` in the data directory, or makes one and writes it there: an Ed25519 key
 * as PKCS#8 in PEM with mode 0600, the same file as Spegel's. Without a directory the identity is a new one.
 *
 * @throws {Error} With one line that names the file, if it cannot be read or written or is no such key. A file that
 *   cannot be used is never overwritten.
 */
export async function loadIdentity(dataDir?: string): Promise<PrivateKey> {
  if (dataDir === undefined) return await generateKeyPair("Ed25519");
  const path = join(dataDir, KEY_FILE);
  const pem = await readKeyFile(path);
  if (pem !== undefined) return parseIdentity(pem, path);
  const key = await generateKeyPair("Ed25519");
  await writeKeyFile(dataDir, path, formatIdentity(key));
  return key;
}

async function readKeyFile(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (reason) {
    if (reason instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`Cannot read the identity "${path}": ${errorMessage(reason)}`, { cause: reason });
  }
}

function parseIdentity(pem: string, path: string): PrivateKey {
  const fail = (why: string, cause?: unknown) =>
    new Error(`Cannot use the identity "${path}": ${why}; remove the file to get a new identity`, { cause });
  let key: KeyObject;
  try {
    if (!pem.includes("-----BEGIN PRIVATE KEY-----")) throw new SyntaxError("it is no PEM file with a PRIVATE KEY");
    key = createPrivateKey(pem);
  } catch (reason) {
    throw fail(errorMessage(reason), reason);
  }
  if (key.asymmetricKeyType !== "ed25519") throw fail("it is no Ed25519 key");
  const { d = "", x = "" } = key.export({ format: "jwk" });
  const options = { alphabet: "base64url" } as const;
  return privateKeyFromRaw(
    Uint8Array.from([...Uint8Array.fromBase64(d, options), ...Uint8Array.fromBase64(x, options)]),
  );
}

function formatIdentity(key: Ed25519PrivateKey): string {
  const base64 = Uint8Array.from([...PKCS8_PREFIX, ...key.raw.subarray(0, 32)]).toBase64();
  return `-----BEGIN PRIVATE KEY-----\n${base64.replaceAll(/.{64}(?=.)/g, "$&\n")}\n-----END PRIVATE KEY-----\n`;
}

/** A rename puts the file in place, so that a crash leaves no part of a key behind. */
async function writeKeyFile(dataDir: string, path: string, pem: string): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.mkdir(dataDir, { recursive: true });
    try {
      using file = await Deno.open(temporary, { createNew: true, write: true, mode: 0o600 });
      await file.write(new TextEncoder().encode(pem)); // some hundred bytes: one write takes all
      await file.sync();
    } catch (reason) {
      await Deno.remove(temporary).catch(() => {});
      throw reason;
    }
    await Deno.rename(temporary, path);
  } catch (reason) {
    throw new Error(`Cannot write the identity "${path}": ${errorMessage(reason)}`, { cause: reason });
  }
}
