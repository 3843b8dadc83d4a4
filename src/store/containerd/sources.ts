import type { CallOptions } from "../../core/call_options.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Repository } from "../../oci/reference.ts";
import { StoreUnavailableError } from "../content_store.ts";
import { mergeSources } from "../merge_sources.ts";
import type { BlobInfo } from "./blob_infos.ts";
import { type BlobComponents, presentBlob } from "./describe.ts";
import type { ContainerdImages } from "./images.ts";

/** Lists where a blob came from, as `SourceLister.sources()` has to. */
export async function blobSources(
  components: BlobComponents & { images: ContainerdImages },
  digest: Digest,
  options: CallOptions = {},
): Promise<readonly Repository[]> {
  const { sources } = await labelledBlob(components, digest, options);
  return mergeSources(sources, await components.images.sources(digest, options));
}

/** Labels change with every pull that finds the blob there already: ask, and use what is remembered only in need. */
async function labelledBlob(components: BlobComponents, digest: Digest, options: CallOptions): Promise<BlobInfo> {
  try {
    return await components.infos.ask(digest, options);
  } catch (reason) {
    if (!(reason instanceof StoreUnavailableError) || !components.infos.known(digest)) throw reason;
    return await presentBlob(components, digest, options);
  }
}
