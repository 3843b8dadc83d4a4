import assert from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { missingForImage } from "../deploy/setup/missing.ts";
import { runCommand } from "../support/run_command.ts";
import { TestImages } from "./harness/test_images.ts";
import { ARCHITECTURES, OWN_ARCHITECTURE } from "./setup/image_parts.ts";

/** Files of the image that are neither libraries nor Deno's own. */
const OWN_FILES = ["bin/deno", "bin/peili", "deno.json", "peili.js"];

/** Libraries of the base, and what Deno remembers of the program. */
const OTHERS_REGEXP = /^(deno\/|etc\/ld\.so\.conf\.d\/|usr\/lib\/|lib\/|lib64\/)/;

const ignore = await missingForImage() !== undefined;

/** Lists the files in the layers of an image. */
async function filesOf(images: TestImages, name: string): Promise<string[]> {
  const archive = await images.archive(name, `localhost/listed-${name.replaceAll(/\W/g, "-")}:v1`);
  const layout = archive.replace(/\.tar$/, "");
  const read = async (digest: string) =>
    JSON.parse(await Deno.readTextFile(`${layout}/blobs/${digest.replace(":", "/")}`));
  const index = JSON.parse(await Deno.readTextFile(`${layout}/index.json`));
  const { layers } = await read(index.manifests[0].digest);
  const lists = await Promise.all(
    layers.map(({ digest }: { digest: string }) =>
      runCommand("tar", ["-tf", `${layout}/blobs/${digest.replace(":", "/")}`])
    ),
  );
  const names = lists.flatMap((list: string) => list.split("\n"));
  return [
    ...new Set(names.filter((path) => path !== "" && !path.endsWith("/")).map((path) => path.replace(/^\.\//, ""))),
  ];
}

Deno.test({
  name: "the image is built for amd64 and arm64, twice with one id, and has nothing but the program and libraries",
  ignore,
  fn: async () => {
    await using images = await TestImages.create();
    for (const architecture of ARCHITECTURES) await images.prepare(architecture);
    for (const architecture of ARCHITECTURES) {
      const name = `localhost/peili:${architecture}`;
      const id = await images.buildPeili(architecture, name);
      assert.equal(await images.buildPeili(architecture, `${name}-again`), id);
      const { OCIv1: { architecture: said, config } } = await images.buildah.inspect(name);
      assert.equal(said, architecture);
      assert.equal(config.Labels["org.opencontainers.image.version"], project.version);
      assert.equal(config.Labels["org.opencontainers.image.licenses"], "MIT");
      const files = await filesOf(images, name);
      assert.deepEqual(files.filter((path) => !OTHERS_REGEXP.test(path)).sort(), OWN_FILES);
      assert.deepEqual(files.filter((path) => /(^|\/)(ba|da|a)?sh$/.test(path)), [], "there is a shell");
    }
    await images.archives(`localhost/peili:${OWN_ARCHITECTURE}`); // for the tests that come after this one
  },
});
