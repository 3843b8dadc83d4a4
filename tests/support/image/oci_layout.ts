import { createHash } from "node:crypto";
import type { Digest } from "../../../src/oci/digest.ts";
import { MEDIA_TYPE } from "../../../src/oci/media_type.ts";

/** How one piece of content is referred to. */
export interface ContentDescriptor {
  /** Its media type. */
  mediaType: string;
  /** Its digest. */
  digest: Digest;
  /** Its size in bytes. */
  size: number;
  /** What is said about it. */
  annotations?: Record<string, string>;
  /** What it runs on. */
  platform?: { architecture: string; os: string };
}

/** The annotation that names an entry of a layout's `index.json`. */
export const REF_NAME_ANNOTATION = "org.opencontainers.image.ref.name";

/** Writes an OCI image layout directory; see image-layout.md of image-spec. */
export class OciLayout {
  /** The directory. */
  readonly dir: string;
  #entries: ContentDescriptor[] = [];

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Makes an empty layout in a directory, which may not exist yet. */
  static async create(dir: string): Promise<OciLayout> {
    await Deno.mkdir(`${dir}/blobs/sha256`, { recursive: true });
    const layout = new OciLayout(dir);
    await Deno.writeTextFile(`${dir}/oci-layout`, JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    await layout.#writeIndex();
    return layout;
  }

  /** Returns where a blob is. */
  blobPath(digest: Digest): string {
    return `${this.dir}/blobs/${digest.replace(":", "/")}`;
  }

  /** Adds a blob as it comes, without holding it in memory. */
  async addBlob(
    mediaType: string,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<ContentDescriptor> {
    const temporary = await Deno.makeTempFile({ dir: this.dir, prefix: "blob-" });
    const hash = createHash("sha256");
    let size = 0;
    using file = await Deno.open(temporary, { write: true });
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.byteLength;
      for (let done = 0; done < chunk.byteLength;) done += await file.write(chunk.subarray(done));
    }
    const digest: Digest = `sha256:${hash.digest("hex")}`;
    await Deno.chmod(temporary, 0o444);
    await Deno.rename(temporary, this.blobPath(digest));
    return { mediaType, digest, size };
  }

  /** Adds a manifest, an index or a config. */
  async addJson(mediaType: string, value: unknown): Promise<ContentDescriptor> {
    return await this.addBlob(mediaType, [new TextEncoder().encode(JSON.stringify(value))]);
  }

  /**
   * Names content in `index.json`, or moves the name to it.
   *
   * @param name Such as `lib/app:v1`.
   */
  async tag(name: string, descriptor: ContentDescriptor, annotations: Record<string, string> = {}): Promise<void> {
    this.#entries = this.#entries.filter((entry) => entry.annotations?.[REF_NAME_ANNOTATION] !== name);
    this.#entries.push({ ...descriptor, annotations: { [REF_NAME_ANNOTATION]: name, ...annotations } });
    await this.#writeIndex();
  }

  async #writeIndex(): Promise<void> {
    const index = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: this.#entries };
    const temporary = `${this.dir}/index.json.tmp`;
    await Deno.writeTextFile(temporary, JSON.stringify(index));
    await Deno.rename(temporary, `${this.dir}/index.json`);
  }
}
