import { dirname } from "node:path";
import project from "../../../deno.json" with { type: "json" };
import { SANDBOX_IMAGE } from "../../integration/harness/containerd_config.ts";
import { testBundle } from "../../permissions/test_bundle.ts";
import { runCommand } from "../../support/run_command.ts";
import { type Architecture, baseFiles, busyboxFiles, denoFiles, OWN_ARCHITECTURE } from "../setup/image_parts.ts";
import { Buildah } from "./buildah.ts";

/** The name of the image in rendered objects. */
export const PEILI_IMAGE = `ghcr.io/peili/peili:${project.version}`;

const ROOT = new URL("../../../", import.meta.url).pathname;

/** Makes the images that tests run, from packages of Debian and npm. */
export class TestImages implements AsyncDisposable {
  /** The tool. */
  readonly buildah: Buildah;
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
    this.buildah = new Buildah(`${dir}/buildah`);
  }

  /** Prepares: a directory, the bundle, and the images that others are made from. */
  static async create(): Promise<TestImages> {
    const images = new TestImages(await Deno.makeTempDir({ prefix: "peili-" }));
    await Deno.mkdir(`${images.#dir}/context/dist`, { recursive: true });
    await Deno.mkdir(`${images.#dir}/context/deploy/image`, { recursive: true });
    await Deno.copyFile(await testBundle(images.#dir), `${images.#dir}/context/dist/peili.js`);
    const script = "deploy/image/settle_cache.ts";
    await Deno.copyFile(`${ROOT}${script}`, `${images.#dir}/context/${script}`);
    return images;
  }

  /** Makes what the image of an architecture is built from. */
  async prepare(architecture: Architecture): Promise<void> {
    const platform = `linux/${architecture}`;
    await this.buildah.fromFiles(baseFiles(architecture), `localhost/base:${architecture}`, platform);
    await this.buildah.fromFiles(denoFiles(architecture), `localhost/deno:${architecture}`, platform);
  }

  /** Builds the image by the project's Containerfile, and returns its id. */
  async buildPeili(architecture: Architecture, name: string): Promise<string> {
    return await this.buildah.build({
      containerfile: `${ROOT}Containerfile`,
      context: `${this.#dir}/context`,
      name,
      platform: `linux/${architecture}`,
      args: {
        BUILDPLATFORM: `linux/${OWN_ARCHITECTURE}`,
        DENO_IMAGE: `localhost/deno:${architecture}`,
        BASE_IMAGE: `localhost/base:${architecture}`,
        BUILD_DENO_IMAGE: `localhost/deno:${OWN_ARCHITECTURE}`,
        BUILD_BASE_IMAGE: `localhost/base:${OWN_ARCHITECTURE}`,
        VERSION: project.version,
      },
    });
  }

  /** Makes the image that sandboxes wait in. */
  async buildPause(): Promise<void> {
    const instructions = 'ENTRYPOINT ["/bin/busybox", "sleep", "2147483647"]\n';
    await this.buildah.fromFiles(busyboxFiles(), SANDBOX_IMAGE, `linux/${OWN_ARCHITECTURE}`, instructions);
  }

  /** Writes an archive of an image, which containerd imports under a name. */
  async archive(image: string, name: string): Promise<string> {
    const layout = `${this.#dir}/layouts/${name.replaceAll(/[^a-z0-9]+/g, "-")}`;
    await Deno.mkdir(dirname(layout), { recursive: true });
    await this.buildah.pushLayout(image, layout);
    const index = JSON.parse(await Deno.readTextFile(`${layout}/index.json`));
    index.manifests[0].annotations = {
      "org.opencontainers.image.ref.name": name,
      "io.containerd.image.name": name, // what "ctr images import" takes the whole name from
    };
    await Deno.writeTextFile(`${layout}/index.json`, JSON.stringify(index));
    await runCommand("tar", ["-C", layout, "-cf", `${layout}.tar`, "."]);
    return `${layout}.tar`;
  }

  /** Makes the image and the one that sandboxes wait in, and returns archives of both. */
  async archives(): Promise<string[]> {
    await this.prepare(OWN_ARCHITECTURE);
    await this.buildPeili(OWN_ARCHITECTURE, "localhost/peili:run");
    await this.buildPause();
    return [await this.archive("localhost/peili:run", PEILI_IMAGE), await this.archive(SANDBOX_IMAGE, SANDBOX_IMAGE)];
  }

  /** Removes all of them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#dir, { recursive: true });
  }
}
