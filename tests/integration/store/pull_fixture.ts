import { buildImage, type BuildImageOptions, type BuiltImage } from "../../support/image/build_image.ts";
import { OciLayout } from "../../support/image/oci_layout.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { startUpstream, type Upstream } from "../../support/upstream/start_upstream.ts";
import { type Containerd, startContainerd, type StartContainerdOptions } from "../harness/containerd.ts";

/** A containerd, and a registry that it pulls from. Disposing of it stops both. */
export interface PullFixture extends AsyncDisposable {
  /** The containerd. */
  readonly containerd: Containerd;
  /** The registry. */
  readonly upstream: Upstream;
  /** Makes an image in the registry. Returns it with the name that it is pulled by. */
  image(name: string, layers: BuildImageOptions["layers"]): Promise<BuiltImage & { reference: string }>;
}

/** What {@linkcode startPullFixture} starts. */
export interface PullFixtureOptions extends Omit<StartContainerdOptions, "dir"> {
  /** Called with containerd's directory before it starts. */
  prepare?(dir: string): Promise<AsyncDisposable>;
}

/** Starts a containerd and a registry on this machine's loopback. */
export async function startPullFixture(options: PullFixtureOptions): Promise<PullFixture> {
  await using parts = new AsyncDisposableStack();
  const { path } = parts.use(await tempDir());
  if (options.prepare) parts.use(await options.prepare(path));
  const layout = await OciLayout.create(`${path}/upstream`);
  const upstream = parts.use(await startUpstream({ layoutDir: layout.dir, logPath: `${path}/upstream.log` }));
  const containerd = parts.use(await startContainerd({ ...options, dir: path }));
  const owned = parts.move();
  return {
    containerd,
    upstream,
    async image(name, layers) {
      const image = await buildImage(layout, { names: [name], layers, indexWithAbsentPlatforms: true });
      return { ...image, reference: `${upstream.address}/${name}` };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
