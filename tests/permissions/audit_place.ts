import { TestNetwork } from "../support/network/test_network.ts";
import type { NetworkNode } from "../support/network/network_node.ts";
import { tempDir } from "../support/temp_dir.ts";
import { testBundle } from "./test_bundle.ts";

/** Where a node is audited. Disposing of it removes it. */
export interface AuditPlace extends AsyncDisposable {
  /** A directory for files of the test. */
  readonly dir: string;
  /** The directory of the audited node. */
  readonly work: string;
  /** The program. */
  readonly bundle: string;
  /** Where the audited node runs. */
  readonly own: NetworkNode;
  /** Where the node runs that it talks with. */
  readonly other: NetworkNode;
}

/** The name that both nodes are found under. */
export const NODES_DOMAIN = "nodes.peili.test";

/** Makes the network for two nodes, with a name for them, and the program. */
export async function auditPlace(): Promise<AuditPlace> {
  await using parts = new AsyncDisposableStack();
  const { path: dir } = parts.use(await tempDir());
  const network = parts.use(await TestNetwork.create());
  const [own, other] = [await network.addNode("a"), await network.addNode("b")];
  const work = `${dir}/a`;
  await Deno.mkdir(`${work}/etc`, { recursive: true });
  const names = ["127.0.0.1 localhost", ...[own, other].map(({ address }) => `${address} ${NODES_DOMAIN}`)];
  await Deno.writeTextFile(`${work}/etc/hosts`, `${names.join("\n")}\n`);
  const bundle = await testBundle(dir);
  const owned = parts.move();
  return { dir, work, bundle, own, other, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
