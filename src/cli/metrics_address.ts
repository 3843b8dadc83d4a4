import type { Option } from "commander";
import { type ListenAddress, parseListenAddress } from "../core/listen_address.ts";
import { option } from "./option.ts";

/** What commands that ask a running node have in common. */
export interface MetricsAddressFlags {
  /** Where the node serves its metrics. */
  metricsAddr: ListenAddress;
}

/** Makes the option that says where the running node serves its metrics. */
export function metricsAddressOption(): Option {
  const description = "where the running node serves its metrics; without an ip all of this machine are tried";
  return option("--metrics-addr <address>", description, parseListenAddress).default({ port: 9090 }, ":9090");
}
