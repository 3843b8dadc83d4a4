import { Command } from "commander";
import { parsePercent } from "../core/percent.ts";
import { type DistributionName, DISTRIBUTIONS } from "../hosts/distributions.ts";
import { examine } from "../doctor/examine.ts";
import type { DoctorOptions } from "../doctor/options.ts";
import { reportText } from "../doctor/report_text.ts";
import { metricsAddressOption } from "./metrics_address.ts";
import { booleanOption, containerdOptions, listOption, option, registryConfigPathOption } from "./option.ts";
import { presetOption, withPreset } from "./preset.ts";
import { watchSignals } from "./signals.ts";
import { terminal } from "./terminal.ts";
import { parseNonEmpty } from "./values.ts";

/** The flags of `peili doctor`, as commander names them. */
interface DoctorFlags extends Omit<DoctorOptions, "distribution" | "inPod" | "minFreePercent"> {
  preset?: DistributionName;
  minFree: number;
  json: boolean;
}

/** The exit code when something is wrong. */
const EXIT_FINDINGS = 1;

/** A variable that Kubernetes gives to every container. */
const IN_POD = "KUBERNETES_SERVICE_HOST";

/** Makes `peili doctor`. */
export function doctorCommand(): Command {
  const command = new Command("doctor").description("find what keeps a node from doing its work, and how to change it");
  for (const made of [...placeOptions(), ...reportOptions()]) command.addOption(made);
  return command.action(async () => {
    const inPod = Deno.env.get(IN_POD) !== undefined;
    const { preset = "kubeadm", minFree, json, ...flags } = flagsOf(command, inPod);
    using signals = watchSignals();
    const distribution = DISTRIBUTIONS[preset];
    const results = await examine({ ...flags, minFreePercent: minFree, distribution, inPod }, signals);
    const findings = results.filter(({ state }) => state === "finding").length;
    console.log(json ? JSON.stringify({ findings, results }, null, 2) : reportText(results, terminal()));
    if (findings > 0) Deno.exitCode = EXIT_FINDINGS;
  });
}

/** In a pod the socket and the content are where they are mounted, whatever the preset says of the node. */
function flagsOf(command: Command, inPod: boolean): DoctorFlags {
  const flags = withPreset<DoctorFlags>(command);
  if (!inPod) return flags;
  const { containerdSock, containerdContentPath } = command.opts<DoctorFlags>();
  return { ...flags, containerdSock, containerdContentPath };
}

function placeOptions() {
  return [
    presetOption(),
    ...containerdOptions(),
    option("--containerd-content-path <path>", "containerd's content directory (default: the node is asked)", String),
    registryConfigPathOption(),
    option("--containerd-config <path>", "the file that containerd is started with", parseNonEmpty)
      .default("/etc/containerd/config.toml"),
    metricsAddressOption(),
    option("--host-root <path>", "where the node's files are mounted, in a pod", parseNonEmpty).default("/"),
    listOption(
      "--host-paths <paths...>",
      "the node's directories that are mounted there (default: all)",
      parseNonEmpty,
    ),
  ];
}

function reportOptions() {
  return [
    booleanOption("--probe", "let containerd pull a name that nobody has, to see whether the mirror is asked", false),
    option("--min-free <percent>", "how much of the disk has to be free", parsePercent).default(15, "15%"),
    booleanOption("--json", "print JSON", false),
  ];
}
