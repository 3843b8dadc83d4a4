import { Command } from "commander";
import { parseDnsName } from "../bootstrap/dns.ts";
import { parseBootstrapUrl } from "../bootstrap/http.ts";
import { parseStaticPeer } from "../bootstrap/static.ts";
import { parseListenAddress } from "../core/listen_address.ts";
import { HOUR_MS, MINUTE_MS } from "../core/units.ts";
import { startNode } from "../node/node.ts";
import { basicAuthOption, givenBasicAuth } from "./basic_auth.ts";
import { nodeOptions, type RegistryFlags } from "./node_options.ts";
import { parseMirroredRegistries } from "../oci/mirrored_registries.ts";
import { parseZone } from "../routing/zone.ts";
import { booleanOption, containerdOptions, listOption, option } from "./option.ts";
import { presetOption, withPreset } from "./preset.ts";
import { retainOptions } from "./retain_options.ts";
import { watchSignals } from "./signals.ts";
import { byteRate, checked, durationUpTo, oneOf, optional, parseCount, parseNonEmpty, parseRegExp } from "./values.ts";

/** Makes `peili registry`. */
export function registryCommand(): Command {
  const command = new Command("registry").description("run the mirror on this node");
  const options = [
    contentOptions(),
    listenOptions(),
    bootstrapOptions(),
    mirrorOptions(),
    flightOptions(),
    retainOptions(),
  ];
  for (const made of options.flat()) command.addOption(made);
  return command.action(async () => {
    const flags = withPreset<RegistryFlags>(command);
    using signals = watchSignals();
    const basicAuth = await givenBasicAuth(flags.basicAuthDir);
    await using _node = await startNode({ ...nodeOptions(flags), basicAuth });
    await signals.received;
  });
}

function contentOptions() {
  return [
    option("--store <kind>", "where the content is: containerd or oci-layout", oneOf("containerd", "oci-layout"))
      .default("containerd"),
    presetOption(),
    ...containerdOptions(),
    option("--containerd-content-path <path>", "containerd's content directory (default: containerd is asked)", String),
    option("--oci-layout-path <path>", "the directory of --store=oci-layout", parseNonEmpty),
    option("--data-dir <path>", "where the node's identity is kept (default: a new one at every start)", String),
  ];
}

function listenOptions() {
  return [
    option("--local-addr <address>", "where this node's containerd asks", checked(parseListenAddress)).default(
      "127.0.0.1:30020",
    ),
    option("--registry-addr <address>", "where other nodes ask", checked(parseListenAddress)).default(":5000"),
    booleanOption("--registry-compat", "answer containerd on --registry-addr too", false),
    option("--router-addr <address>", "where libp2p listens", checked(parseListenAddress)).default(":5001"),
    option("--metrics-addr <address>", "where metrics are served", checked(parseListenAddress)).default(":9090"),
    option("--zone <name>", "where the node stands, such as an availability zone", checked(parseZone)),
    basicAuthOption(),
    booleanOption("--debug-web-enabled", "accepted for compatibility; there are no such pages yet", true),
    option("--shutdown-grace <duration>", "how long running bodies may go on after SIGTERM", durationUpTo(HOUR_MS))
      .default(20_000, "20s"),
  ];
}

function bootstrapOptions() {
  return [
    option("--bootstrap-kind <kind>", "dns, http, static or none", oneOf("dns", "http", "static", "none"))
      .default("none"),
    option("--dns-bootstrap-domain <name>", "a name with the addresses of all nodes", optional(parseDnsName)),
    option("--http-bootstrap-addr <address>", "where this node's address is told at /id", optional(parseListenAddress)),
    option("--http-bootstrap-url <url>", "where the addresses of other nodes are told", optional(parseBootstrapUrl)),
    option("--http-bootstrap-cert-dir <path>", "ca.crt, tls.crt and tls.key for the two above", String),
    listOption(
      "--static-bootstrap-peers <multiaddrs...>",
      "multiaddrs that end in /p2p/<peer id>",
      checked(parseStaticPeer),
    ),
  ];
}

function mirrorOptions() {
  return [
    listOption(
      "--mirrored-registries <urls...>",
      "the only registries that are mirrored (default: all)",
      checked((text) => parseMirroredRegistries([text])),
    ),
    listOption("--registry-filters <regexps...>", "what is not mirrored: registry/repository[:tag]", parseRegExp),
    booleanOption("--match-repository", "serve a digest only under a repository it belongs to", true),
    option("--mirror-resolve-timeout <duration>", "how long a lookup may take", durationUpTo(MINUTE_MS)).default(
      20,
      "20ms",
    ),
    option("--mirror-resolve-retries <count>", "how many nodes are tried for a request", parseCount).default(3),
    option(
      "--peer-transfer <how>",
      "relay blobs of other nodes, or redirect containerd there",
      oneOf("relay", "redirect"),
    )
      .default("relay"),
    option("--cluster-secret-file <path>", "what the nodes share: one or two lines, the first one signs", String),
    option("--upload-limit <size>", "bytes per second for other nodes, such as 100MiB (default: no limit)", byteRate),
    option("--max-uploads <count>", "how many blobs other nodes are sent at once", parseCount).default(32),
  ];
}

function flightOptions() {
  return [
    booleanOption("--flights", "download what several nodes want from upstream once, for all of them", true),
    option(
      "--flight-hold <duration>",
      "how long a flight may go without a byte until another node fetches too",
      durationUpTo(HOUR_MS),
    ).default(30_000, "30s"),
  ];
}
