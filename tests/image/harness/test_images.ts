import { createHash } from "node:crypto";
import { dirname } from "node:path";
import project from "../../../deno.json" with { type: "json" };
import { SANDBOX_IMAGE } from "../../integration/harness/containerd_config.ts";
import { testBundle } from "../../permissions/test_bundle.ts";
import { runCommand } from "../../support/run_command.ts";
import { type Architecture, baseFiles, busyboxFiles, denoFiles, OWN_ARCHITECTURE } from "../setup/image_parts.ts";
import { Buildah } from "./buildah.ts";
import { keptArchives } from "./kept_archives.ts";

/** The name of the image in rendered objects. */
export const PEILI_IMAGE = `ghcr.io/peili/peili:${project.version}`;

const ROOT = new URL("../../../", import.meta.url).pathname;

async function filesBelow(dir: string): Promise<string[]> {
  const entries = (await Array.fromAsync(Deno.readDir(dir))).sort((a, b) => a.name < b.name ? -1 : 1);
  const lists = await Promise.all(
    entries.map(({ name, isDirectory }) => isDirectory ? filesBelow(`${dir}/${name}`) : [`${dir}/${name}`]),
  );
  return lists.flat();
}

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
    for (const name of ["settle_cache.ts", "peili", "permissions.json"]) {
      await Deno.copyFile(`${ROOT}deploy/image/${name}`, `${images.#dir}/context/deploy/image/${name}`);
    }
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

  /**
   * Returns archives of the image and of the one that sandboxes wait in. They are kept: other tests of the same sources
   * build nothing.
   *
   * @param built The image, if it is built already.
   */
  async archives(built?: string): Promise<string[]> {
    return await keptArchives(await this.#key(), ["peili.tar", "pause.tar"], async (dir) => {
      if (built === undefined) {
        await this.prepare(OWN_ARCHITECTURE);
        await this.buildPeili(OWN_ARCHITECTURE, "localhost/peili:run");
      }
      await this.buildPause();
      const peili = await this.archive(built ?? "localhost/peili:run", PEILI_IMAGE);
      await runCommand("mv", [peili, `${dir}/peili.tar`]);
      await runCommand("mv", [await this.archive(SANDBOX_IMAGE, SANDBOX_IMAGE), `${dir}/pause.tar`]);
    });
  }

  /** Names all that an image is made from. The parts from elsewhere stand for themselves: they are fetched once. */
  async #key(): Promise<string> {
    const files = [`${ROOT}Containerfile`, ...await filesBelow(`${this.#dir}/context`)];
    const parts = [
      baseFiles(OWN_ARCHITECTURE),
      denoFiles(OWN_ARCHITECTURE),
      busyboxFiles(),
      PEILI_IMAGE,
      SANDBOX_IMAGE,
    ];
    const hash = createHash("sha256").update(parts.join("\n"));
    for (const path of files) hash.update(await Deno.readFile(path));
    return hash.digest("hex").slice(0, 16);
  }

  /** Removes all of them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#dir, { recursive: true });
  }
}
