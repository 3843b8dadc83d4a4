import type { ContentStore } from "../store/content_store.ts";
import { openContainerdStore } from "../store/containerd/store.ts";
import { openLayoutStore } from "../store/oci_layout/store.ts";
import type { StoreOptions } from "./options.ts";

/**
 * Opens the store that the options name.
 *
 * @throws {SyntaxError} If they name none.
 */
export async function openStore(options: StoreOptions | undefined): Promise<ContentStore> {
  switch (options?.kind) {
    case undefined:
      throw new SyntaxError("Cannot start a node: no store is given");
    case "containerd":
      return openContainerdStore(options.sock, options);
    case "oci-layout":
      return await openLayoutStore(options.path);
  }
}
