import { CODE_P2P, multiaddr } from "@multiformats/multiaddr";
import type { BootstrapCandidate, Bootstrapper } from "./bootstrapper.ts";

const STATIC_PEER_REGEXP = /^\/(?:ip4|ip6|dns|dns4|dns6)\/[^/]+\/tcp\/\d+\/p2p\/[1-9A-HJ-NP-Za-km-z]+$/;

/**
 * Reads a static peer, such as `/ip4/10.0.0.7/tcp/5001/p2p/12D3KooW…`.
 *
 * @throws {SyntaxError} If the text is no such address.
 */
export function parseStaticPeer(text: string): BootstrapCandidate {
  const fail = (cause?: unknown) =>
    new SyntaxError(`Cannot parse bootstrap peer "${text.slice(0, 200)}": expected /ip4/…/tcp/…/p2p/<peer id>`, {
      cause,
    });
  if (!STATIC_PEER_REGEXP.test(text)) throw fail();
  try {
    const address = multiaddr(text);
    const id = address.getComponents().find(({ code }) => code === CODE_P2P)?.value;
    return { id, addrs: [address.decapsulateCode(CODE_P2P).toString()] };
  } catch (reason) {
    throw fail(reason);
  }
}

/**
 * Makes the bootstrapper that always names the same peers.
 *
 * @throws {SyntaxError} If a peer is malformed; see {@linkcode parseStaticPeer}.
 */
export function createStaticBootstrapper(options: { peers: readonly string[] }): Bootstrapper {
  const candidates = options.peers.map(parseStaticPeer);
  return { name: "static", candidates: () => Promise.resolve(candidates) };
}
