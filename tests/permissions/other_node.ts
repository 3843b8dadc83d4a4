import { type LoggedProcess, spawnLogged } from "../support/logged_process.ts";
import type { NetworkNode } from "../support/network/network_node.ts";

/** What {@linkcode startOtherNode} starts. */
export interface OtherNodeOptions {
  /** Where it runs. */
  node: NetworkNode;
  /** The program: one file. */
  bundle: string;
  /** The OCI image layout that it serves. */
  layoutDir: string;
  /** The file for its log. */
  logPath: string;
}

/** Starts a node for the audited one to talk with. It tells its address at port 5002, and knows nobody itself. */
export function startOtherNode({ node, bundle, layoutDir, logPath }: OtherNodeOptions): LoggedProcess {
  const permissions = ["--allow-net", `--allow-read=${layoutDir}`, "--allow-sys=networkInterfaces", "--ignore-env"];
  return spawnLogged({
    name: "the other node",
    command: [
      Deno.execPath(),
      "run",
      "--no-prompt",
      "--no-config",
      ...permissions,
      bundle,
      "--log-level=debug",
      "registry",
      `--local-addr=${node.address}:30020`,
      "--store=oci-layout",
      `--oci-layout-path=${layoutDir}`,
      "--bootstrap-kind=http",
      `--http-bootstrap-addr=${node.address}:5002`,
    ],
    logPath,
    netns: node.netns,
  });
}
