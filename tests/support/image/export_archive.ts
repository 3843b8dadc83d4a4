import { runCommand } from "../run_command.ts";
import type { BuiltImage } from "./build_image.ts";
import { OciLayout } from "./oci_layout.ts";

/** The annotation that `ctr images import` takes an image's whole name from. */
const CONTAINERD_NAME_ANNOTATION = "io.containerd.image.name";

/**
 * Writes one image of a layout as an OCI archive, as it is carried to nodes without a registry.
 *
 * @param layout Where the image is.
 * @param image All of its content must be there: no index with absent platforms.
 * @param name The whole name that importing gives it, with registry and tag.
 * @param path The archive to write.
 */
export async function exportArchive(layout: OciLayout, image: BuiltImage, name: string, path: string): Promise<void> {
  const single = await OciLayout.create(`${path}.layout`);
  for (const { digest } of image.content) await Deno.link(layout.blobPath(digest), single.blobPath(digest));
  await single.tag(name, image.target, { [CONTAINERD_NAME_ANNOTATION]: name });
  await runCommand("tar", ["-C", single.dir, "-cf", path, "."]);
  await Deno.remove(single.dir, { recursive: true });
}
