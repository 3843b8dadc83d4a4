import { digestOf } from "../../src/oci/digest.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { LayoutWriter } from "../../src/store/oci_layout/writer.ts";
import { MEDIA_TYPE } from "../../src/oci/media_type.ts";
import { httpText } from "../support/http_text.ts";
import { type LoggedProcess, spawnLogged } from "../support/logged_process.ts";
import { until } from "../support/until.ts";

/** A running `peili registry` that serves one blob. */
export interface RunningRegistry extends AsyncDisposable {
  /** The process. */
  process: LoggedProcess;
  /** Where its containerd would ask, as `host:port`. */
  local: string;
  /** Path and query of the blob. */
  blobPath: string;
  /** The digest of the blob. */
  digest: Digest;
}

/** Starts the real command on an OCI layout that holds one blob, and waits until it is ready. */
export async function startRegistry(
  dir: string,
  blob: Uint8Array<ArrayBuffer>,
  flags: string[],
  env: Record<string, string> = {},
): Promise<RunningRegistry> {
  const digest = await fill(`${dir}/layout`, blob);
  await Deno.remove(`${dir}/log`).catch(() => {}); // of an earlier run
  const process = spawnLogged({
    name: "peili",
    command: [
      Deno.execPath(),
      ...["run", "--quiet", "-A", "src/cli/main.ts", "registry"],
      ...["local", "registry", "router", "metrics"].map((listener) => `--${listener}-addr=127.0.0.1:0`),
      ...["--store=oci-layout", `--oci-layout-path=${dir}/layout`, ...flags],
    ],
    logPath: `${dir}/log`,
    env,
  });
  const line = await until("the node to listen", async () => (await process.logLines("Serving this node on"))[0]);
  const { local } = JSON.parse(line);
  await until("the node to be ready", async () => await httpText(`http://${local}/readyz`) !== undefined);
  return {
    process,
    local,
    digest,
    blobPath: `/v2/lib/app/blobs/${digest}?ns=registry.example`,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

async function fill(layout: string, blob: Uint8Array<ArrayBuffer>): Promise<Digest> {
  const writer = await LayoutWriter.open(layout);
  const put = async (bytes: Uint8Array<ArrayBuffer>, mediaType: string) => {
    const content = { digest: await digestOf(bytes), size: bytes.length, mediaType };
    await writer.write(content, new Blob([bytes]).stream());
    return content;
  };
  const config = await put(new TextEncoder().encode("{}"), MEDIA_TYPE.ociConfig);
  const layer = await put(blob, "application/vnd.oci.image.layer.v1.tar");
  const manifest = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest, config, layers: [layer] };
  const target = await put(new TextEncoder().encode(JSON.stringify(manifest)), MEDIA_TYPE.ociManifest);
  await writer.nameImage("registry.example/lib/app:v1", target);
  return layer.digest;
}
