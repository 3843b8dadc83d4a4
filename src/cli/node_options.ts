import { onlyRegistries, parseMirroredRegistries } from "../oci/mirrored_registries.ts";
import type { BootstrapOptions, NodeOptions, StoreOptions } from "../node/options.ts";

/** The flags of `peili registry` with their values parsed, as commander names them. */
export interface RegistryFlags {
  bootstrapKind: BootstrapOptions["kind"];
  dnsBootstrapDomain?: string;
  httpBootstrapAddr?: string;
  httpBootstrapUrl?: string;
  httpBootstrapCertDir?: string;
  staticBootstrapPeers?: string[];
  store: StoreOptions["kind"];
  containerdSock: string;
  containerdNamespace: string;
  containerdContentPath?: string;
  ociLayoutPath?: string;
  dataDir?: string;
  localAddr: string;
  registryAddr: string;
  registryCompat: boolean;
  routerAddr: string;
  metricsAddr: string;
  zone?: string;
  mirroredRegistries?: string[];
  registryFilters?: RegExp[];
  matchRepository: boolean;
  retainLayers: number;
  retainLimit: number;
  retainMinFree: number;
  mirrorResolveTimeout: number;
  mirrorResolveRetries: number;
  flights: boolean;
  flightHold: number;
  shutdownGrace: number;
  peerTransfer: "relay" | "redirect";
  clusterSecretFile?: string;
  uploadLimit?: number;
  maxUploads: number;
  basicAuthDir: string;
}

/**
 * Turns flags into the options of a node.
 *
 * @throws {SyntaxError} If a flag is missing that another one needs.
 */
export function nodeOptions(flags: RegistryFlags): NodeOptions {
  if (flags.retainLayers > 0 && flags.store !== "containerd") {
    throw new SyntaxError(`Cannot start with --retain-layers: --store=${flags.store} discards nothing`);
  }
  return {
    store: storeOptions(flags),
    bootstrap: bootstrapOptions(flags),
    localAddr: flags.localAddr,
    registryAddr: flags.registryAddr,
    registryCompat: flags.registryCompat,
    routerAddr: flags.routerAddr,
    metricsAddr: flags.metricsAddr,
    zone: flags.zone,
    dataDir: given(flags.dataDir),
    mirroredRegistries: onlyRegistries(parseMirroredRegistries(flags.mirroredRegistries ?? [])),
    registryFilters: flags.registryFilters,
    matchRepository: flags.matchRepository,
    retainLayersMs: flags.retainLayers,
    retainLimitBytes: flags.retainLimit,
    retainMinFreePercent: flags.retainMinFree,
    mirrorResolveTimeoutMs: flags.mirrorResolveTimeout,
    mirrorResolveRetries: flags.mirrorResolveRetries,
    flights: flags.flights,
    flightHoldMs: flags.flightHold,
    peerTransfer: flags.peerTransfer,
    clusterSecretFile: given(flags.clusterSecretFile),
    uploadLimitBytesPerSecond: flags.uploadLimit,
    maxUploads: flags.maxUploads,
    shutdownGraceMs: flags.shutdownGrace,
  };
}

function storeOptions(flags: RegistryFlags): StoreOptions {
  if (flags.store === "oci-layout") {
    return { kind: "oci-layout", path: needed(flags.ociLayoutPath, "--oci-layout-path", "--store=oci-layout") };
  }
  return {
    kind: "containerd",
    sock: flags.containerdSock,
    namespace: flags.containerdNamespace,
    contentPath: given(flags.containerdContentPath),
  };
}

function bootstrapOptions(flags: RegistryFlags): BootstrapOptions {
  switch (flags.bootstrapKind) {
    case "dns":
      return {
        kind: "dns",
        domain: needed(flags.dnsBootstrapDomain, "--dns-bootstrap-domain", "--bootstrap-kind=dns"),
      };
    case "http": {
      const [addr, url] = [given(flags.httpBootstrapAddr), given(flags.httpBootstrapUrl)];
      if (!addr) needed(url, "--http-bootstrap-url or --http-bootstrap-addr", "--bootstrap-kind=http");
      return { kind: "http", addr, url, certDir: given(flags.httpBootstrapCertDir) };
    }
    case "static":
      return { kind: "static", peers: flags.staticBootstrapPeers ?? [] };
    case "none":
      return { kind: "none" };
  }
}

/** An empty value, as a template renders it, means that nothing was given. */
function given(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function needed(text: string | undefined, flag: string, why: string): string {
  if (given(text) !== undefined) return text as string;
  throw new SyntaxError(`Cannot start with ${why}: ${flag} is missing`);
}
