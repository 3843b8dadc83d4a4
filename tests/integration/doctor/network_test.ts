import { runCommand } from "../../support/run_command.ts";
import { PEILI_PORTS } from "../harness/peili.ts";
import type { ExaminedNode } from "./examined_node.ts";
import { CONTAINERD_GENERATIONS } from "../setup/tools.ts";
import { testExamined } from "./test_examined.ts";

/** A name that only the hosts file of the test knows. */
const DOMAIN = "nodes.peili.test";

testExamined("doctor finds what is wrong between nodes", CONTAINERD_GENERATIONS, async (node, step) => {
  const { other } = node;
  const asItWas = () => node.restartPeili();

  await step("a healthy node has no finding", () => node.assertHealthy());

  await step("the name of the nodes leads nowhere", async () => {
    await node.writeEtc("hosts", "127.0.0.1 localhost\n");
    await node.breaks("bootstrap", {
      broken: () => node.restartPeili("--bootstrap-kind=dns", `--dns-bootstrap-domain=${DOMAIN}`),
      wanted: {
        what: new RegExp(`dns ${DOMAIN.replaceAll(".", "\\.")}: `),
        fix: [/headless Service/, /publishNotReadyAddresses: true/, /dnsPolicy: ClusterFirstWithHostNet/],
      },
      fix: () => node.writeEtc("hosts", `127.0.0.1 localhost\n${other.network.address} ${DOMAIN}\n`),
    });
    await asItWas();
  });

  await step("nobody is known", async () => {
    await node.breaks("peers", {
      broken: () => other.stop(),
      wanted: {
        what: /the node knows no other/,
        fix: [/5001 \(libp2p\) and .*5000 \(content\)/, /Start at least one/],
      },
      fix: () => other.restart(),
    });
  });

  await step("others are not reached from here", async () => {
    await node.breaks("peer-ports", {
      broken: () =>
        drop(node, `chain output { type filter hook output priority 0; tcp dport ${PEILI_PORTS.registry} drop; }`),
      wanted: { what: /1 of 1 other nodes do not answer: .*:5000/, fix: [/reach TCP port 5000 there/] },
      fix: () => undrop(node),
    });
  });

  await step("others do not reach this one", async () => {
    await node.breaks("peer-ports-back", {
      broken: () =>
        drop(node, `chain input { type filter hook input priority 0; tcp dport ${PEILI_PORTS.registry} drop; }`),
      wanted: { what: /1 of 1 other nodes do not reach this one: .* says: /, fix: [/Let other nodes reach .*:5000/] },
      fix: () => undrop(node),
    });
  });

  await step("the other node asks for a password that this one does not have", async () => {
    const dir = `${node.dir}/password`;
    await Deno.mkdir(dir);
    await Deno.writeTextFile(`${dir}/username`, "peili");
    await Deno.writeTextFile(`${dir}/password`, "secret");
    await node.breaks("secret", {
      broken: () => other.restart({ flags: [`--basic-auth-dir=${dir}`] }),
      wanted: {
        what: /:5000 \(status 404\) refuse this node/,
        fix: [/the same --cluster-secret-file/, /--basic-auth-dir/, /sha256sum/],
      },
      fix: () => node.restartPeili(`--basic-auth-dir=${dir}`),
    });
    await node.breaks("secret", {
      broken: async () => {
        await other.restart();
        await runCommand("ip", ["netns", "exec", other.network.netns, ...fetchBlob(node)]);
      },
      wanted: { what: /this node refused \d+ requests/, fix: [/--basic-auth-dir/] },
      fix: asItWas,
    });
  });

  await step("the other node has another cluster secret", async () => {
    const flag = async (name: string) => {
      const path = `${node.dir}/secret-${name}`;
      await Deno.writeTextFile(path, name.repeat(40));
      return `--cluster-secret-file=${path}`;
    };
    const [own, another] = [await flag("a"), await flag("b")];
    await node.breaks("secret", {
      broken: async () => {
        await node.restartPeili(own);
        await other.restart({ flags: [another] });
      },
      wanted: { what: /this node refused \d+ requests or connections/, fix: [/the same --cluster-secret-file/] },
      fix: () => node.restartPeili(another),
    });
    await node.assertHealthy();
    await other.restart();
    await asItWas();
  });

  await step("the other clock is ahead", async () => {
    await node.breaks("clock", {
      broken: () => other.restart({ clockAhead: "+10m" }),
      wanted: { what: /:5000 is (10 min|9 min \d+ s).* ahead/, fix: [/timedatectl set-ntp true/] },
      fix: () => other.restart(),
    });
  });

  await step("afterwards the node is healthy again", () => node.assertHealthy());
});

/** Asks the examined node as another one would, without a password. */
function fetchBlob({ network }: ExaminedNode): string[] {
  const url = `http://${network.address}:${PEILI_PORTS.registry}/v2/lib/app/blobs/sha256:${"0".repeat(64)}?ns=a.test`;
  return [Deno.execPath(), "eval", `await fetch("${url}").then((r) => r.body?.cancel())`];
}

async function drop({ network: { netns } }: ExaminedNode, chain: string): Promise<void> {
  await runCommand("ip", ["netns", "exec", netns, "nft", "-f", "-"], { stdin: `table inet peili_drop {\n${chain}\n}` });
}

async function undrop({ network: { netns } }: ExaminedNode): Promise<void> {
  await runCommand("ip", ["netns", "exec", netns, "nft", "delete", "table", "inet", "peili_drop"]);
}
