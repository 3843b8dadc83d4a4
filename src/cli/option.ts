import { Option } from "commander";
import { list, parseBoolean, parseNonEmpty, value } from "./values.ts";

/**
 * Makes an option that an environment variable can give too: its name in upper case with underscores.
 *
 * @param flags As commander reads them: `--data-dir <path>`.
 * @param description One line of help.
 * @param parse Throws SyntaxError or RangeError for a bad value.
 */
export function option<T>(flags: string, description: string, parse: (text: string) => T): Option {
  return withEnv(new Option(flags, description)).argParser(value(parse));
}

/** Makes an option that takes several values; see {@linkcode list}. */
export function listOption<T>(flags: string, description: string, parse: (text: string) => T): Option {
  const made = withEnv(new Option(flags, description));
  return made.argParser(list(parse, () => Deno.env.get(made.envVar ?? "")));
}

/** Makes an option that is a yes or no: `--flag`, `--flag=true`, `--flag=false`. */
export function booleanOption(flag: string, description: string, byDefault: boolean): Option {
  return withEnv(new Option(`${flag} [boolean]`, description)).argParser(value(parseBoolean)).preset("true")
    .default(byDefault);
}

function withEnv(made: Option): Option {
  return made.env(made.long?.slice(2).replaceAll("-", "_").toUpperCase() ?? "");
}

/** Makes the options of the containerd that holds the content. */
export function containerdOptions(): Option[] {
  return [
    option("--containerd-sock <path>", "containerd's socket", parseNonEmpty).default("/run/containerd/containerd.sock"),
    option("--containerd-namespace <name>", "the containerd namespace whose images are served", parseNonEmpty).default(
      "k8s.io",
    ),
  ];
}

/** Makes the option of the directory that containerd reads registries from. */
export function registryConfigPathOption(): Option {
  const description = "the directory that containerd reads registries from";
  return option("--containerd-registry-config-path <path>", description, parseNonEmpty).default(
    "/etc/containerd/certs.d",
  );
}
