import { runCommand } from "../../support/run_command.ts";

/** Building copies 100 MB a few times. */
const TIMEOUT_MS = 300_000;

/** Makes images with buildah, in a store of its own, and without any registry. Needs root. */
export class Buildah {
  readonly #dir: string;

  /** @param dir A directory for the store. */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /**
   * Makes an image that has the files of a directory, and nothing else.
   *
   * @param dir The directory.
   * @param name The name and tag that it gets.
   * @param platform Such as `linux/amd64`.
   */
  async fromFiles(dir: string, name: string, platform: string, instructions: string = ""): Promise<void> {
    const containerfile = `${this.#dir}.Containerfile`;
    await Deno.writeTextFile(containerfile, `FROM scratch\nCOPY . /\n${instructions}`);
    await this.build({ containerfile, context: dir, name, platform });
  }

  /** Builds an image and returns its id. */
  async build(options: {
    containerfile: string;
    context: string;
    name: string;
    platform: string;
    args?: Readonly<Record<string, string>>;
  }): Promise<string> {
    const { containerfile, context, name, platform, args = {} } = options;
    const settings = ["--isolation=chroot", "--timestamp=0", "--no-cache", "--pull-never", "--quiet"];
    const buildArgs = Object.entries(args).map(([key, value]) => `--build-arg=${key}=${value}`);
    const files = [`--file=${containerfile}`, `--tag=${name}`, `--platform=${platform}`];
    return (await this.#run("build", ...settings, ...buildArgs, ...files, context)).trim();
  }

  /** Writes an image as an OCI layout into a directory. */
  async pushLayout(name: string, dir: string): Promise<void> {
    await this.#run("push", "--quiet", "--disable-compression", name, `oci:${dir}`);
  }

  /** Tells what an image says of itself. */
  async inspect(
    name: string,
  ): Promise<{ OCIv1: { architecture: string; config: { Labels: Record<string, string> } } }> {
    return JSON.parse(await this.#run("inspect", "--type=image", name));
  }

  async #run(command: string, ...args: string[]): Promise<string> {
    const store = [`--root=${this.#dir}/store`, `--runroot=${this.#dir}/run`, "--storage-driver=overlay"];
    // what it mounts goes with it
    const alone = ["--mount", "--propagation", "private", "buildah"];
    return await runCommand("unshare", [...alone, ...store, command, ...args], { timeoutMs: TIMEOUT_MS });
  }
}
