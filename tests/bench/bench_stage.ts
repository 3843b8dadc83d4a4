import { httpText } from "../support/http_text.ts";
import { OciLayout } from "../support/image/oci_layout.ts";
import { metricSum } from "../support/prometheus_text.ts";
import { until } from "../support/until.ts";
import { makeBenchImage } from "./bench_image.ts";
import { type BenchNode, startBenchNode, warmUpProgram } from "./bench_node.ts";
import { BlobReader } from "./blob_reader.ts";
import { findNginx, freePort, type Nginx, startNginx } from "./nginx.ts";

/** What all parts of the benchmark need. Disposing of it stops everything; the files stay. */
export interface BenchStage extends AsyncDisposable {
  /** The client. */
  readonly reader: BlobReader;
  /** A node that holds the blob. */
  readonly server: BenchNode;
  /** A node that holds nothing and is a peer of the other one. */
  readonly relay: BenchNode;
  /** The URL of the blob at a node. */
  blobUrl(node: BenchNode): string;
  /** The blob's file at an nginx whose root is `layoutDir`. */
  readonly filePath: string;
  /** The layout that holds the blob. */
  readonly layoutDir: string;
  /** Starts an nginx, if the machine has it. */
  nginx(server: string): Promise<Nginx | undefined>;
}

/** How long a blob may take until the other node serves it, in milliseconds. */
const FOUND_MS = 60_000;

/**
 * Makes the blob and starts two nodes on loopback, as their users start them.
 *
 * @param path An empty directory for all files.
 */
export async function setBenchStage(path: string, blobBytes: number): Promise<BenchStage> {
  await using parts = new AsyncDisposableStack();
  const image = await makeBenchImage(`${path}/full`, blobBytes);
  await OciLayout.create(`${path}/empty`);
  await warmUpProgram();
  const ports = [freePort(), freePort()] as const;
  const server = parts.use(
    await startBenchNode({ layoutDir: image.layoutDir, dir: `${path}/server`, bootstrapPort: ports[0] }),
  );
  const relay = parts.use(
    await startBenchNode({
      layoutDir: `${path}/empty`,
      dir: `${path}/relay`,
      bootstrapPort: ports[1],
      peerBootstrapPort: ports[0],
    }),
  );
  // As containerd does: the manifest first, which tells the size of the blob.
  await until("the relay to find the image", () => httpText(`${relay.origin}${image.manifestPath}`), {
    timeoutMs: FOUND_MS,
  });
  const reader = parts.use(new BlobReader());
  const program = await findNginx();
  let servers = 0;
  const owned = parts.move();
  return {
    reader,
    server,
    relay,
    filePath: image.filePath,
    layoutDir: image.layoutDir,
    blobUrl: (node) => `${node.origin}${image.blobPath}`,
    nginx: async (block) =>
      program ? owned.use(await startNginx(program, `${path}/nginx-${++servers}`, block)) : undefined,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Fails if a node did not give the bytes from where they are said to come from: it would be the wrong measurement. */
export async function expectBytesFrom(node: BenchNode, source: "local" | "peer", bytes: number): Promise<void> {
  const given = metricSum(await httpText(node.metricsUrl), "peili_bytes_total", { source });
  if (given < bytes) throw new Error(`Cannot trust the figures: ${given} of ${bytes} bytes came from "${source}"`);
}
