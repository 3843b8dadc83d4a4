import { CONTAINERD_GENERATIONS } from "../setup/tools.ts";
import { testExamined } from "./test_examined.ts";

testExamined("doctor finds what is wrong with hosts.toml files", CONTAINERD_GENERATIONS, async (node, step) => {
  const { containerd: { paths: { certsDir } } } = node;
  const file = `${certsDir}/_default/hosts.toml`;
  const configure =
    /peili configuration --containerd-registry-config-path=.* --mirror-targets=http:\/\/127\.0\.0\.1:30020/;
  const again = async () => {
    await Deno.remove(certsDir, { recursive: true });
    await node.configure();
  };

  await step("there is none, and a pull does not arrive", async () => {
    const broken = async () => {
      await Deno.remove(certsDir, { recursive: true });
      await Deno.mkdir(certsDir);
    };
    await node.breaks("hosts-present", {
      broken,
      wanted: { what: /no hosts\.toml in .* names a mirror/, fix: [configure] },
      fix: (found) => node.runConfiguration(found),
    });
    await node.breaks("probe", {
      broken,
      wanted: { what: /did not arrive at the mirror/, fix: [/hosts-present/, /systemctl restart containerd/] },
      fix: () => node.configure(),
      flags: ["--probe"],
    });
  });

  await step("one cannot be parsed", async () => {
    await node.breaks("hosts-parsed", {
      broken: async () => {
        await Deno.writeTextFile(file, `${await Deno.readTextFile(file)}\n[host."http://b"\n`);
        await node.assertNotAsked();
      },
      wanted: { what: /_default\/hosts\.toml: line \d+/, fix: [/correct that line, or remove the file/] },
      fix: again,
    });
  });

  await step("one has a word that this containerd does not know", async () => {
    await node.breaks("hosts-parsed", {
      broken: async () => {
        const text = (await Deno.readTextFile(file)).replace("'resolve'", "'resolve', 'referrers'");
        await Deno.writeTextFile(file, text);
        await node.assertNotAsked();
      },
      wanted: {
        what: /the capability "referrers", which containerd knows from 2\.2 on/,
        fix: [/take "referrers" out/],
      },
      fix: again,
    });
  });

  await step("a directory of a single registry hides the mirror", async () => {
    await node.breaks("hosts-hidden", {
      broken: async () => {
        await Deno.mkdir(`${certsDir}/docker.io`);
        await Deno.writeTextFile(`${certsDir}/docker.io/hosts.toml`, 'server = "https://registry-1.docker.io"\n');
      },
      wanted: { what: /docker\.io: a directory of its own, without the mirror/, fix: [/--prepend-existing/] },
      fix: (found) => node.runConfiguration(found),
    });
    await again();
  });

  await step("they name a port where nobody listens", async () => {
    await node.breaks("hosts-target", {
      broken: () => node.configure("--mirror-targets=http://127.0.0.1:30021"),
      wanted: { what: /names http:\/\/127\.0\.0\.1:30021 .*but the node answers containerd at/, fix: [configure] },
      fix: (found) => node.runConfiguration(found),
    });
  });

  await step("another host comes first", async () => {
    await node.breaks("hosts-present", {
      broken: async () => {
        const text = await Deno.readTextFile(file);
        await Deno.writeTextFile(file, `[host."https://other.test"]\n  capabilities = ["pull"]\n\n${text}`);
      },
      wanted: { what: /the mirror is not the first host in/, fix: [/in front of the others/] },
      fix: again,
    });
  });

  await step("afterwards the node is healthy again", () => node.assertHealthy());
});
