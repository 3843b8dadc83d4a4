import assert from "@std/assert";
import { runCommand } from "../../support/run_command.ts";
import { PEILI_PORTS } from "../harness/peili.ts";
import { type ExaminedNode, OTHERS_IMAGE } from "./examined_node.ts";
import { CONTAINERD_GENERATIONS } from "../setup/tools.ts";
import { testExamined } from "./test_examined.ts";

testExamined(
  "doctor finds what is wrong around containerd and the node",
  CONTAINERD_GENERATIONS,
  async (node, step) => {
    const { containerd } = node;

    await step("a healthy node has no finding", () => node.assertHealthy());

    await step("containerd does not run", async () => {
      await node.breaks("containerd", {
        broken: () => containerd.stop(),
        wanted: {
          what: /does not answer at .*containerd\.sock/,
          fix: [/ctr --address .* version/, /systemctl status containerd/],
        },
        fix: () => containerd.start(),
      });
    });

    await step("the node does not run", async () => {
      await node.breaks("node", {
        broken: () => node.peili.process.stop(),
        wanted: { what: /Cannot find a node of Peili at .*:9090/, fix: [/systemctl status peili/, /--metrics-addr/] },
        fix: () => node.restartPeili(),
      });
    });

    await step("a proxy takes what is meant for the mirror", () => proxyStep(node));

    await step("nerdctl reads another directory", async () => {
      await node.breaks("clients", {
        broken: () => node.writeEtc("nerdctl/nerdctl.toml", 'hosts_dir = ["/etc/other"]\n'),
        wanted: { what: /nerdctl reads \/etc\/other/, fix: [/In \/etc\/nerdctl\/nerdctl\.toml/, /hosts_dir = \["/] },
        fix: ({ fix }) => node.writeEtc("nerdctl/nerdctl.toml", `${fix.at(-1)?.trim()}\n`),
      });
    });

    await step("the content cannot be read", async () => {
      await node.breaks("permissions", {
        broken: () => node.restartPeili(`--containerd-content-path=${node.dir}/nothing`),
        wanted: { what: /nothing\/blobs cannot be read/, fix: [/--containerd-content-path/, /ls -ld/] },
        fix: () => node.restartPeili(),
      });
    });

    await step("the node has no identity on the disk", async () => {
      await node.breaks("permissions", {
        broken: () => Deno.remove(`${node.dir}/data/private.key`),
        wanted: { what: /data\/private\.key: there is no such thing/, fix: [/Make .*\/data writable/] },
        fix: () => node.restartPeili(),
      });
    });

    await step("the disk is full", () => diskStep(node));

    await step("nothing that is asked for is served", async () => {
      await node.breaks("hit-rate", {
        broken: async () => {
          for (let tries = 0; tries < 20; tries++) {
            await containerd.cri.pullImage(`registry.test/lib/missing:${tries}`, { timeoutMs: 2_000 }).catch(() => {});
          }
        },
        wanted: {
          what: /^0 of \d+ requests in .* served; last served never/,
          fix: [/an image that another node has/],
        },
        fix: () => containerd.cri.pullImage(OTHERS_IMAGE),
      });
    });

    await step("afterwards the node is healthy again", () => node.assertHealthy());
  },
);

/** A mirror that is asked at the node's address, by a containerd whose proxy is nowhere. */
async function proxyStep(node: ExaminedNode): Promise<void> {
  const { containerd, containerdEnv, network: { address } } = node;
  const unit = "systemd/system/containerd.service.d/http-proxy.conf";
  const target = `--mirror-targets=http://${address}:${PEILI_PORTS.local}`;
  await node.restartPeili(`--local-addr=${address}:${PEILI_PORTS.local}`);
  await node.breaks("proxy", {
    broken: async () => {
      containerdEnv.HTTP_PROXY = "http://127.0.0.1:9";
      containerdEnv.NO_PROXY = "10.255.0.0/16,.svc";
      await node.writeEtc(unit, '[Service]\nEnvironment="HTTP_PROXY=http://127.0.0.1:9" NO_PROXY=10.255.0.0/16,.svc\n');
      await containerd.restart();
      await node.configure(target);
      const { fix } = await node.assertNotAsked(); // which tells of a proxy even where no unit can be seen
      assert.match(fix.join("\n"), new RegExp(`NO_PROXY=10\\.255\\.0\\.0/16,\\.svc,${address}`));
    },
    wanted: {
      what: /asks http:\/\/10\..* through its proxy \(HTTP_PROXY in .*http-proxy\.conf\)/,
      fix: [new RegExp(`Environment="NO_PROXY=10\\.255\\.0\\.0/16,\\.svc,${address}"`), /systemctl daemon-reload/],
    },
    fix: async ({ fix }) => {
      const line = fix.find((line) => line.includes("NO_PROXY="))?.trim() ?? "";
      containerdEnv.NO_PROXY = /NO_PROXY=(.*)"$/.exec(line)?.[1] ?? "";
      await node.writeEtc(unit, `[Service]\nEnvironment="HTTP_PROXY=http://127.0.0.1:9"\n${line}\n`);
      await containerd.restart();
    },
  });
  const probe = (await node.examine("--probe")).find(({ check }) => check === "probe");
  assert.equal(probe?.state, "ok", probe?.what);
  delete containerdEnv.HTTP_PROXY;
  delete containerdEnv.NO_PROXY;
  await node.restartPeili();
  await node.configure();
  await containerd.restart();
}

async function diskStep(node: ExaminedNode): Promise<void> {
  const place = node.otherDisk;
  await Deno.mkdir(place);
  await runCommand("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", place]);
  try {
    await Deno.mkdir(`${place}/blobs`);
    await node.breaks("disk", {
      broken: () => Deno.writeFile(`${place}/full`, new Uint8Array(3_900_000)),
      wanted: { what: /^only .* are free at .*-disk$/, fix: [/crictl rmi --prune/] },
      fix: () => Deno.remove(`${place}/full`),
      flags: [`--containerd-content-path=${place}`, "--min-free=15"],
    });
  } finally {
    await runCommand("umount", [place]);
  }
}
