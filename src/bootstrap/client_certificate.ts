import { createPrivateKey, X509Certificate } from "node:crypto";
import { join } from "node:path";
import type { CallOptions } from "../core/call_options.ts";
import { errorMessage } from "../core/errors.ts";

/** What an `https:` bootstrap URL is asked with, as PEM texts. A certificate never comes without its key. */
export interface BootstrapTls {
  /** The certificate authorities that the server may be signed by. */
  ca?: string;
  /** This client's certificate chain. */
  cert?: string;
  /** Its private key. */
  key?: string;
}

/**
 * Reads `ca.crt`, `tls.crt` and `tls.key` of a directory, as a Kubernetes TLS secret is mounted. Each of the three may
 * be missing, but not one of certificate and key alone.
 *
 * @throws {Error} With one line that names the file, if a file cannot be read or does not hold what its name says.
 */
export async function readBootstrapTls(directory: string, options: CallOptions = {}): Promise<BootstrapTls> {
  const [ca, cert, key] = await Promise.all([
    readPem(join(directory, "ca.crt"), (pem) => new X509Certificate(pem), options),
    readPem(join(directory, "tls.crt"), (pem) => new X509Certificate(pem), options),
    readPem(join(directory, "tls.key"), createPrivateKey, options),
  ]);
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? "tls.crt" : "tls.key";
    throw new Error(`Cannot use the certificates in "${directory}": ${missing} is missing`);
  }
  if (cert !== undefined && key !== undefined && !new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    throw new Error(`Cannot use the certificates in "${directory}": tls.key does not belong to tls.crt`);
  }
  return { ca, cert, key };
}

async function readPem(
  path: string,
  check: (pem: string) => unknown,
  { signal }: CallOptions,
): Promise<string | undefined> {
  try {
    const pem = await Deno.readTextFile(path, { signal });
    if (pem.trim() === "") return undefined;
    check(pem);
    return pem;
  } catch (reason) {
    if (reason instanceof Deno.errors.NotFound) return undefined;
    throw new Error(`Cannot use the certificate file "${path}": ${errorMessage(reason)}`, { cause: reason });
  }
}
