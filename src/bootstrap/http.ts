import { isIP } from "node:net";
import { multiaddr } from "@multiformats/multiaddr";
import * as v from "valibot";
import { BOOTSTRAP_REPLY_MAX_BYTES } from "../core/limits.ts";
import type { BootstrapCandidate, Bootstrapper } from "./bootstrapper.ts";

/** What the `http` bootstrapper works with. */
export interface HttpBootstrapperComponents {
  /** Sends a request straight to the server named in the URL, whatever the proxy variables say. */
  fetch(url: URL, init: RequestInit): Promise<Response>;
}

/** How many entries of a reply are used, as Spegel does. */
const CANDIDATES_PER_REPLY = 3;
/** How many addresses of one entry are used: more than any node has that can be reached. */
const ADDRS_PER_CANDIDATE = 16;

const MULTIADDR_SCHEMA = v.pipe(v.string(), v.maxLength(256), v.check(isMultiaddr, "is no multiaddr"));
const REPLY_SCHEMA = v.array(v.object({
  ID: v.optional(v.pipe(v.string(), v.maxLength(128)), ""),
  Addrs: v.array(MULTIADDR_SCHEMA),
}));

/**
 * Reads a bootstrap URL.
 *
 * @throws {SyntaxError} If the text is no `http:` or `https:` URL.
 */
export function parseBootstrapUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "") {
    throw new SyntaxError(`Cannot bootstrap from "${text.slice(0, 200)}": expected an http:// or https:// URL`);
  }
  return url;
}

/** Makes the bootstrapper that asks the `/id` of another node, or whatever answers in its form. */
export function createHttpBootstrapper(components: HttpBootstrapperComponents, options: { url: URL }): Bootstrapper {
  const { url } = options;
  return {
    name: "http",
    async candidates({ signal } = {}) {
      const response = await components.fetch(url, { signal });
      const text = await readReply(response, url);
      return parseReply(text, url);
    },
  };
}

async function readReply(response: Response, url: URL): Promise<string> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`Cannot bootstrap from "${url}": it answers with status ${response.status}`);
  }
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > BOOTSTRAP_REPLY_MAX_BYTES) {
      throw new RangeError(
        `Cannot bootstrap from "${url}": its reply has more than ${BOOTSTRAP_REPLY_MAX_BYTES} bytes`,
      );
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * Reads a reply of `/id`. The peer id may be missing or empty, the port of an address too.
 *
 * @throws {SyntaxError} If the reply is not in that form.
 */
export function parseReply(text: string, url: URL): BootstrapCandidate[] {
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), REPLY_SCHEMA), text);
  if (!result.success) {
    const [issue] = result.issues;
    const at = v.getDotPath(issue) ?? "";
    throw new SyntaxError(
      `Cannot bootstrap from "${url}": its reply is malformed${at && ` at ${at}`}: ${issue.message}`,
    );
  }
  return result.output.slice(0, CANDIDATES_PER_REPLY).map(({ ID, Addrs }) => ({
    ...(ID === "" ? {} : { id: ID }),
    addrs: Addrs.slice(0, ADDRS_PER_CANDIDATE),
  }));
}

function isMultiaddr(text: string): boolean {
  try {
    const [host] = multiaddr(text).getComponents();
    return host !== undefined && (host.name.startsWith("dns") || isIP(host.value ?? "") !== 0);
  } catch {
    return false;
  }
}
