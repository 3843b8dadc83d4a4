import { KIB, SECOND_MS } from "../../../src/core/units.ts";
import { buildImage } from "../../support/image/build_image.ts";
import { OciLayout } from "../../support/image/oci_layout.ts";
import { httpText } from "../../support/http_text.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { until } from "../../support/until.ts";
import { type BenchNode, startBenchNode, warmUpProgram } from "../bench_node.ts";
import { freePort } from "../nginx.ts";
import { awaitQuiet } from "./await_quiet.ts";
import type { BenchCluster } from "./bench_cluster.ts";
import type { Figure } from "./figure.ts";
import { firstByteMs } from "./first_byte.ts";
import { percentile } from "./percentile.ts";
import { serveIds } from "./serve_ids.ts";

/** How many keys the node announces while it serves. */
const KEYS = 5_000;
/** How many blobs of another node are asked for, each one once, so that each one is looked up. */
const REMOTE_BLOBS = 400;
const BLOB_BYTES = 64 * KIB;
/** How many of them are asked for while nothing is announced. */
const QUIET_REQUESTS = 150;
/** The pause between two requests, in milliseconds. */
const PAUSE_MS = 10;
/** How long the two nodes have to find each other, and the records to their places, in milliseconds. */
const TIMEOUT_MS = 120 * SECOND_MS;
const REGISTRY = "registry.example";
const REPOSITORY = "bench/first-byte";

/** First bytes of a local blob and of blobs of another node, in milliseconds. */
interface Times {
  local: number[];
  relayed: number[];
}

/** What is asked. */
interface Asked {
  node: BenchNode;
  local: string;
  /** Those that have not been asked for yet. */
  remote: string[];
}

/**
 * Measures how long the first byte of a blob takes at a whole node: while it does nothing else, and while it finds
 * thousands of new blobs in its store and announces them to a cluster. For clusters in which every node holds every record.
 */
export async function measureFirstByte(cluster: BenchCluster): Promise<Figure[]> {
  await using parts = new AsyncDisposableStack();
  const { path: dir } = parts.use(await tempDir());
  const stash = await OciLayout.create(`${dir}/stash`);
  for (let at = 0; at < KEYS; at++) await stash.addJson("application/octet-stream", { stashed: at });
  const own = await makeImage(`${dir}/own`, 1);
  const others = await makeImage(`${dir}/others`, REMOTE_BLOBS);
  await warmUpProgram();
  const peerBootstrapPort = parts.use(serveIds(cluster)).addr.port;
  const start = async (name: string) =>
    parts.use(
      await startBenchNode({
        layoutDir: `${dir}/${name}`,
        dir: `${dir}/${name}-node`,
        bootstrapPort: freePort(),
        peerBootstrapPort,
      }),
    );
  await start("others");
  const node = await start("own");
  await until("the image", () => httpText(`${node.origin}${others.manifest}`), { timeoutMs: TIMEOUT_MS });
  await awaitQuiet(cluster);
  const asked: Asked = { node, local: own.layers[0] ?? "", remote: others.layers };
  const before = await cluster.records();
  const quiet = await askWhile(asked, ({ relayed }) => relayed.length < QUIET_REQUESTS);
  const wanted = before + KEYS * cluster.nodes.length;
  let placed = false;
  const announcing = announceStash(stash, `${dir}/own`)
    .then(() => until("the records", async () => await cluster.records() >= wanted, { timeoutMs: TIMEOUT_MS }))
    .finally(() => placed = true);
  const [busy] = await Promise.all([askWhile(asked, () => !placed), announcing]);
  return figures(cluster.nodes.length + 2, quiet, busy);
}

async function makeImage(dir: string, layers: number): Promise<{ manifest: string; layers: string[] }> {
  const image = await buildImage(await OciLayout.create(dir), {
    names: [`${REGISTRY}/${REPOSITORY}:${layers}`],
    layers: Array.from({ length: layers }, () => ({ sizeBytes: BLOB_BYTES, compression: "none" as const })),
  });
  const path = (kind: string, digest: string) => `/v2/${REPOSITORY}/${kind}/${digest}?ns=${REGISTRY}`;
  return {
    manifest: path("manifests", image.manifest.digest),
    layers: image.layers.map(({ digest }) => path("blobs", digest)),
  };
}

/** Moves blobs into the layout of the node. */
async function announceStash({ dir }: OciLayout, layoutDir: string): Promise<void> {
  const from = `${dir}/blobs/sha256`;
  for await (const { name } of Deno.readDir(from)) {
    await Deno.rename(`${from}/${name}`, `${layoutDir}/blobs/sha256/${name}`);
  }
}

async function askWhile({ node, local, remote }: Asked, condition: (times: Times) => boolean): Promise<Times> {
  const times: Times = { local: [], relayed: [] };
  while (condition(times)) {
    times.local.push(await firstByteMs(`${node.origin}${local}`));
    const next = remote.shift();
    if (next !== undefined) times.relayed.push(await firstByteMs(`${node.origin}${next}`));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return times;
}

function figures(nodes: number, quiet: Times, busy: Times): Figure[] {
  const rows = [
    ["local blob", quiet.local, busy.local],
    ["blob of another node", quiet.relayed, busy.relayed],
  ] as const;
  return rows.flatMap(([what, before, during]) =>
    [0.5, 0.99].flatMap((share) => [
      { nodes, what: `first byte of a ${what} p${share * 100}, ms`, value: percentile(before, share) },
      {
        nodes,
        what: `first byte of a ${what} p${share * 100} while ${KEYS} keys are found and announced, ms`,
        value: during.length > 0 ? percentile(during, share) : undefined,
      },
    ])
  );
}
