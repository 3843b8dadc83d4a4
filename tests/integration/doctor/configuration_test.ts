import assert from "@std/assert";
import { CONTAINERD_GENERATIONS } from "../setup/tools.ts";
import { OTHERS_IMAGE } from "./examined_node.ts";
import { testExamined } from "./test_examined.ts";

testExamined(
  "doctor finds what is wrong with containerd's configuration",
  CONTAINERD_GENERATIONS,
  async (node, step, generation) => {
    const { containerd: { paths: { certsDir } } } = node;
    const isTwo = generation === "2";
    const registryTable = isTwo
      ? /io\.containerd\.cri\.v1\.images"\.registry/
      : /io\.containerd\.grpc\.v1\.cri"\.registry/;
    const configPathLine = `  config_path = "${certsDir}"\n`;
    const withoutConfigPath = (text: string) => text.replace(configPathLine, "");
    const asItWas = () => node.reconfigureContainerd();

    await step("a healthy node has no finding", () => node.assertHealthy());

    await step("config_path is not set", async () => {
      await node.breaks("config-path", {
        broken: () => node.reconfigureContainerd({}, withoutConfigPath),
        wanted: { what: /config_path is not set/, fix: [registryTable, new RegExp(`config_path = "${certsDir}"`)] },
        fix: (found) => node.makeChange(found),
      });
    });

    await step("config_path is another directory", async () => {
      await node.breaks("config-path", {
        broken: () => node.reconfigureContainerd({}, (text) => text.replace(configPathLine, `  config_path = "/a"\n`)),
        wanted: { what: /from \/a, not from /, fix: [/containerd-registry-config-path=\/a/, registryTable] },
        fix: (found) => node.makeChange(found),
      });
    });

    await step("the registries are configured in the older way", async () => {
      const mirrors = `${isTwo ? '[plugins."io.containerd.cri.v1.images"' : '[plugins."io.containerd.grpc.v1.cri"'}` +
        `.registry.mirrors."registry.test"]\n  endpoint = ["http://127.0.0.1:9"]\n`;
      await node.breaks("config-path", {
        broken: () => node.reconfigureContainerd({}, (text) => `${withoutConfigPath(text)}${mirrors}`),
        wanted: { what: /registry\.mirrors is set/, fix: [/Remove the tables registry\.mirrors/] },
        fix: asItWas,
      });
    });

    await step("config_path is in a table that this form of the file passes over", async () => {
      const other = isTwo
        ? '[plugins."io.containerd.grpc.v1.cri".registry]'
        : '[plugins."io.containerd.cri.v1.images".registry]';
      await node.breaks("config-path", {
        broken: () => node.reconfigureContainerd({}, (text) => `${withoutConfigPath(text)}${other}\n${configPathLine}`),
        wanted: { what: /is not set: .*config\.toml has a table plugins\."io\.containerd/, fix: [registryTable] },
        fix: (found) => node.makeChange(found),
      });
    });

    await step("a file cannot be parsed", async () => {
      await node.breaks("config-path", {
        broken: () => node.writeConfig({}, (text) => `${text}\nthis is no toml\n`),
        wanted: { what: /cannot be parsed: .*line \d+/, fix: [/Correct .*config\.toml/] },
        fix: asItWas,
      });
    });

    await step("layers are discarded", async () => {
      await node.breaks("discarded-layers", {
        broken: async () => {
          await node.reconfigureContainerd({ discardUnpackedLayers: true });
          await node.containerd.cri.pullImage(OTHERS_IMAGE);
        },
        wanted: {
          what: /discard_unpacked_layers is true; 1 of 1 images that were looked at lack layers \(registry\.test\//,
          fix: [/discard_unpacked_layers = false/, isTwo ? /cri\.v1\.images"\]/ : /grpc\.v1\.cri"\.containerd\]/],
        },
        fix: (found) => node.makeChange(found),
      });
      await node.breaks("discarded-layers", {
        broken: () => node.reconfigureContainerd({ discardUnpackedLayers: true }),
        wanted: { what: /discard_unpacked_layers is true/, fix: [/--retain-layers=24h/] },
        fix: () => node.restartPeili("--retain-layers=24h"),
      });
      await node.restartPeili();
      await asItWas();
    });

    await step("the file changed after containerd had started", async () => {
      await node.breaks("config-loaded", {
        broken: async () => {
          await node.writeConfig({}, (text) => `# changed\n${text}`);
          const later = new Date(Date.now() + 60_000); // the socket is some moments old only
          await Deno.utime(node.configPath, later, later);
        },
        wanted: { what: /config\.toml changed after containerd had started/, fix: [/systemctl restart containerd/] },
        fix: asItWas,
      });
    });

    await step("a drop-in is not imported", async () => {
      const table = isTwo
        ? '[plugins."io.containerd.cri.v1.images".registry]'
        : '[plugins."io.containerd.grpc.v1.cri".registry]';
      await Deno.mkdir(`${node.dir}/conf.d`);
      await node.breaks("drop-ins", {
        broken: () =>
          Deno.writeTextFile(
            `${node.dir}/conf.d/mirror.toml`,
            `version = ${isTwo ? 3 : 2}\n${table}\n${configPathLine}`,
          ),
        wanted: {
          what: /conf\.d\/mirror\.toml: containerd does not load it/,
          fix: [/imports = \[".*\/conf\.d\/\*\.toml"\]/],
        },
        fix: ({ fix }) => {
          const line = fix.find((line) => line.includes("imports = "))?.trim();
          return node.reconfigureContainerd({}, (text) => `${line}\n${text}`);
        },
      });
    });

    if (isTwo) {
      await step("config_path is a list that the transfer service passes over", async () => {
        const list = (text: string) =>
          text.replace(configPathLine, `  config_path = "${certsDir}:/etc/docker/certs.d"\n`);
        await node.breaks("config-path-list", {
          broken: () => node.reconfigureContainerd({}, list),
          wanted: { what: /is a list/, fix: [/config_path = "/, /use_local_image_pull = true/] },
          fix: (found) => node.makeChange(found),
        });
        await node.reconfigureContainerd({ localPull: true }, list);
        const lost = (await node.examine("--probe")).find(({ check }) => check === "probe");
        assert.equal(lost?.state, "ok", "a list is honoured by a local pull");
        await node.reconfigureContainerd({}, list);
        const probe = (await node.examine("--probe")).find(({ check }) => check === "probe");
        assert.equal(probe?.state, "finding", "and passed over by the transfer service");
        await asItWas();
      });
    } else {
      await step("an imported file takes config_path away, as in containerd 1.x", async () => {
        const path = `${node.dir}/conf.d/mirror.toml`;
        await node.breaks("config-path", {
          broken: async () => {
            await Deno.writeTextFile(
              path,
              'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\n  max_concurrent_downloads = 4\n' +
                "  restrict_oom_score_adj = true\n  disable_tcp_service = true\n",
            );
            await node.reconfigureContainerd({}, (text) => `imports = ["${node.dir}/conf.d/*.toml"]\n${text}`);
          },
          wanted: {
            what: /mirror\.toml has tables of the same plugin/,
            fix: [/In .*mirror\.toml, beside what it sets/],
          },
          fix: asItWas,
        });
      });
    }

    await step("afterwards the node is healthy again", async () => {
      await Deno.remove(`${node.dir}/conf.d`, { recursive: true });
      await node.assertHealthy();
    });
  },
);
