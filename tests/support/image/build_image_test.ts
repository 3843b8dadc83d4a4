import assert from "@std/assert";
import { digestOf } from "../../../src/oci/digest.ts";
import { runCommand } from "../run_command.ts";
import { buildImage, type BuildImageOptions, type BuiltImage } from "./build_image.ts";
import { OciLayout } from "./oci_layout.ts";

const OPTIONS: BuildImageOptions = {
  names: ["lib/app:v1"],
  layers: [{ sizeBytes: 70_000 }, { sizeBytes: 3_000_001, compression: "none" }],
  indexWithAbsentPlatforms: true,
};

async function withImage(check: (layout: OciLayout, image: BuiltImage) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    const layout = await OciLayout.create(dir);
    await check(layout, await buildImage(layout, OPTIONS));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("buildImage() makes the same image every time", async () => {
  const digests: string[] = [];
  for (let run = 0; run < 2; run++) {
    await withImage((_, { target }) => Promise.resolve(void digests.push(target.digest)));
  }
  assert.equal(digests[0], digests[1]);
});

Deno.test("buildImage() writes blobs of the size and digest that it says", async () => {
  await withImage(async (layout, { content, totalBytes }) => {
    let sum = 0;
    for (const { digest, size } of content) {
      const bytes = await Deno.readFile(layout.blobPath(digest));
      assert.equal(bytes.byteLength, size);
      assert.equal(await digestOf(bytes), digest);
      sum += size;
    }
    assert.equal(totalBytes, sum);
  });
});

Deno.test("buildImage() writes layers that tar can read and gzip cannot shrink", async () => {
  await withImage(async (layout, { layers }) => {
    for (const [index, { digest, size }] of layers.entries()) {
      const listing = await runCommand("tar", ["-tvf", layout.blobPath(digest)]);
      assert.match(listing, new RegExp(` ${OPTIONS.layers[index]?.sizeBytes} .* data/lib-app-v1-${index}\n$`));
      const gzipped = await runCommand("sh", ["-c", `gzip -c '${layout.blobPath(digest)}' | wc -c`]);
      assert.ok(Number(gzipped) > 0.95 * size, `${size} bytes became ${gzipped}`);
    }
  });
});
