import type { ContainerdStoreOptions } from "../../../src/store/containerd/store.ts";
import { openContainerdStore } from "../../../src/store/containerd/store.ts";
import type { StoreFixture } from "../../store/store_fixture.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { type Containerd, startContainerd } from "../harness/containerd.ts";
import type { ContainerdGeneration } from "../setup/tools.ts";
import { ContainerdAdmin } from "./containerd_admin.ts";

/** A namespace of a containerd, opened as a store. */
export interface ContainerdFixture extends StoreFixture {
  /** Changes what is in the namespace. */
  readonly admin: ContainerdAdmin;
}

/** Opens a namespace, which is empty if it is a new one, as a store. */
export function openContainerdFixture(
  { socket }: Pick<Containerd, "socket">,
  options: ContainerdStoreOptions = {},
): ContainerdFixture {
  const { namespace = crypto.randomUUID() } = options;
  const parts = new AsyncDisposableStack();
  const admin = parts.use(new ContainerdAdmin(socket, namespace));
  const store = parts.use(openContainerdStore(socket, { ...options, namespace }));
  return {
    admin,
    store,
    put: (bytes) => admin.ingest(bytes),
    async ingest(digest, total) {
      const target = { ref: `layer-${digest}`, digest, total };
      const writer = await admin.beginIngest(target);
      return {
        append: (bytes) => writer.write(bytes),
        commit: () => writer.commit(),
        async abort() {
          await writer.close();
          await admin.abortIngest(target.ref);
        },
      };
    },
    remove: (digest) => admin.deleteContent(digest),
    name: async (name, digest) => await admin.nameImage(name, await store.describe(digest)),
    unname: (name) => admin.deleteImage(name),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** A containerd in a directory of its own. Disposing of it stops it and removes the directory. */
export async function startOwnContainerd(
  generation: ContainerdGeneration,
): Promise<{ containerd: Containerd } & AsyncDisposable> {
  await using parts = new AsyncDisposableStack();
  const { path } = parts.use(await tempDir());
  const containerd = parts.use(await startContainerd({ generation, dir: path }));
  const owned = parts.move();
  return { containerd, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
