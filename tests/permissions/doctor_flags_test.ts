import assert from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { startContainerd } from "../integration/harness/containerd.ts";
import { missingForIntegration } from "../integration/setup/missing.ts";
import { runCommand } from "../support/run_command.ts";
import { tempDir } from "../support/temp_dir.ts";
import { notAllowed } from "./allowance.ts";
import { inContainerView } from "./container_view.ts";
import { permissionFlags } from "./permission_flags.ts";
import { testBundle } from "./test_bundle.ts";

const FLAGS = ["--no-prompt", "--no-config", "--deny-import", ...permissionFlags(project.permissions.doctor)];
const SOCKET = "/run/containerd/containerd.sock";
const CONTENT = "/var/lib/containerd/io.containerd.content.v1.content";

/** What the doctor may ask for on a node without a running Peili: everything else would be a surprise. */
const ALLOWED: readonly [touch: string, why: string][] = [
  ["net unix:/run/containerd/containerd.sock", "containerd's API"],
  [`read ${SOCKET}`, "containerd's API, and when it started"],
  [`write ${SOCKET}`, "containerd's API, through Deno's Node layer"],
  ["read /etc/containerd/**", "containerd's configuration, and hosts.toml files"],
  ["read /etc/nerdctl/nerdctl.toml", "nerdctl's configuration"],
  [`read ${CONTENT}**`, "whether content can be read, and how full its disk is"],
  ["sys statfs", "how full the disk is"],
  ["sys networkInterfaces", "the addresses at which the node may be"],
  ["net 127.0.0.1:9090", "the node"],
  ["net [::1]:9090", "the node"],
  ["net http://*:9090/status", "the node"],
  ["net http://[::1]:9090/status", "the node"],
  ["net *:9090", "the node, at another address of this machine"],
  ...project.permissions.doctor.env.allow.map((
    name,
  ): [string, string] => [`env ${name}`, "a flag, or whether it is in a pod"]),
  ["env (all)", "a library lists its settings: it sees the variables above and nothing else"],
  ["env *", "ignored: settings of libraries, and variables of other commands"],
];

const missing = await missingForIntegration();

Deno.test("docs/troubleshooting.md names the permissions of the doctor", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/troubleshooting.md", import.meta.url));
  const [, command = ""] = /```sh\n(deno run [^`]*)dist\/peili\.js doctor/.exec(page) ?? [];
  const flags = command.split(/[\s\\]+/).filter((part) => part.startsWith("--"));
  assert.deepEqual(flags.sort(), [...FLAGS].sort());
});

Deno.test({
  name: "the doctor asks for nothing beyond its permissions, and writes nothing",
  ignore: missing !== undefined,
  fn: async () => {
    await using dir = await tempDir();
    const work = `${dir.path}/node`;
    await Deno.mkdir(`${work}/etc/containerd`, { recursive: true });
    await Deno.writeTextFile(`${work}/etc/containerd/config.toml`, "version = 3\n");
    const bundle = await testBundle(dir.path);
    await using containerd = await startContainerd({ generation: "2", dir: `${dir.path}/c` });
    await Deno.mkdir(`${containerd.contentPath}/blobs`, { recursive: true });
    const mounts = [
      { source: containerd.socket, target: SOCKET, writable: true },
      { source: containerd.contentPath, target: CONTENT },
    ];
    const audit = `${work}/audit.jsonl`;
    const environment = ["env", "-i", "DENO_DIR=/run/deno", `DENO_AUDIT_PERMISSIONS=${audit}`];
    const program = [...environment, Deno.execPath(), "run", "--quiet", ...FLAGS, bundle, "doctor", "--json"];
    const shell = ["sh", "-c", '"$@" || [ $? = 1 ]', "sh", ...program, `--containerd-content-path=${CONTENT}`];
    const [command, ...args] = inContainerView(shell, { work, mounts });
    const { results } = JSON.parse(await runCommand(command, args));
    const text = JSON.stringify(results);
    assert(!text.includes("Requires"), text); // what Deno says of a permission that is missing
    const state = (check: string) => results.find((result: { check: string }) => result.check === check)?.state;
    assert.deepEqual(["containerd", "permissions", "node", "config-path"].map(state), [
      "ok",
      "ok",
      "finding",
      "finding",
    ]);

    const lines = (await Deno.readTextFile(audit)).trimEnd().split("\n");
    const asked = lines.map((line): { permission: string; value: string | null } => JSON.parse(line));
    const touches = [...new Set(asked.map(({ permission, value }) => `${permission} ${value ?? "(all)"}`))];
    assert.deepEqual(notAllowed(touches, ALLOWED.map(([touch, why]) => ({ touch, why }))), []);
    assert.deepEqual(touches.filter((touch) => touch.startsWith("write ")), [`write ${SOCKET}`]);
  },
});
