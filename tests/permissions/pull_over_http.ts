import assert from "@std/assert";
import { DirectClient } from "../../src/http/direct_client.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { isManifestMediaType } from "../../src/oci/media_type.ts";
import type { BuiltImage } from "../support/image/build_image.ts";
import { until } from "../support/until.ts";

/** What {@linkcode pullOverHttp} pulls. */
export interface PullOptions {
  /** The `host:port` of the node that is asked. */
  from: string;
  /** The name of the image: `registry/repository:tag`. */
  name: string;
  /** The image. */
  image: BuiltImage;
}

/** Gets every part of an image from a node, as containerd would, and checks each digest. Waits for each to be found. */
export async function pullOverHttp({ from, name, image }: PullOptions): Promise<void> {
  using client = new DirectClient();
  const [, registry = "", repository = "", tag = ""] = /^([^/]+)\/(.+):([^:]+)$/.exec(name) ?? [];
  const parts = image.content.map(({ digest, mediaType }) =>
    [digest, `${isManifestMediaType(mediaType) ? "manifests" : "blobs"}/${digest}`] as const
  );
  for (const [digest, path] of [[image.target.digest, `manifests/${tag}`] as const, ...parts]) {
    const url = `http://${from}/v2/${repository}/${path}?ns=${registry}`;
    const bytes = await until(url, async () => {
      const response = await client.fetch(url, { signal: AbortSignal.timeout(10_000) });
      const body = await response.bytes();
      return response.status === 200 && body;
    });
    assert.equal(await digestOf(bytes), digest, url);
  }
}
