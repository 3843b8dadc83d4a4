import type { BootstrapCandidate, Bootstrapper } from "../bootstrap/bootstrapper.ts";
import { readBootstrapTls } from "../bootstrap/client_certificate.ts";
import { createDnsBootstrapper } from "../bootstrap/dns.ts";
import { createHttpBootstrapper, parseBootstrapUrl } from "../bootstrap/http.ts";
import { idHandler } from "../bootstrap/id_handler.ts";
import { createNoBootstrapper } from "../bootstrap/none.ts";
import { createStaticBootstrapper } from "../bootstrap/static.ts";
import { parseListenAddress } from "../core/listen_address.ts";
import { DirectClient } from "../http/direct_client.ts";
import { listen } from "../http/listener.ts";
import type { BootstrapOptions } from "./options.ts";

/**
 * Makes the bootstrapper that the options name.
 *
 * @param owned Takes over what has to be let go when the node stops.
 * @throws {SyntaxError} If an option is malformed.
 */
export async function openBootstrapper(
  options: BootstrapOptions,
  owned: AsyncDisposableStack,
): Promise<Bootstrapper> {
  switch (options.kind) {
    case "none":
      return createNoBootstrapper();
    case "dns":
      return createDnsBootstrapper({ domain: options.domain });
    case "static":
      return createStaticBootstrapper({ peers: options.peers });
    case "http": {
      if (!options.url) return createNoBootstrapper();
      const tls = options.certDir ? await readBootstrapTls(options.certDir) : {};
      const client = owned.use(new DirectClient({ tls }));
      const components = { fetch: (url: URL, init: RequestInit) => client.fetch(url, init) };
      return createHttpBootstrapper(components, { url: parseBootstrapUrl(options.url) });
    }
  }
}

/** Serves `/id` for nodes that bootstrap from this one, where the options say so. */
export function serveId(
  options: BootstrapOptions,
  owned: AsyncDisposableStack,
  self: () => BootstrapCandidate,
): void {
  if (options.kind !== "http" || !options.addr) return;
  owned.use(listen(parseListenAddress(options.addr), idHandler(self)));
}
