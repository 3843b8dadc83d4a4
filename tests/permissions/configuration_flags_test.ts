import assert from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { missingForIntegration } from "../integration/setup/missing.ts";
import { httpText } from "../support/http_text.ts";
import { spawnLogged } from "../support/logged_process.ts";
import { runCommand } from "../support/run_command.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";
import { inContainerView } from "./container_view.ts";
import { permissionFlags } from "./permission_flags.ts";
import { testBundle } from "./test_bundle.ts";

const CERTS_DIR = "/etc/containerd/certs.d";
const FLAGS = ["--no-prompt", "--no-config", "--deny-import", ...permissionFlags(project.permissions.configuration)];

const missing = await missingForIntegration();

Deno.test("docs/configuration.md names the permissions of configuration", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/configuration.md", import.meta.url));
  const [, command = ""] = /```sh\n(deno run [^`]*)dist\/peili\.js configuration/.exec(page) ?? [];
  const flags = command.split(/[\s\\]+/).filter((part) => part.startsWith("--"));
  assert.deepEqual(flags.sort(), [...FLAGS].sort());
});

Deno.test({
  name: "configuration and cleanup need no permission beyond theirs",
  ignore: missing !== undefined,
  fn: async () => {
    await using dir = await tempDir();
    const work = `${dir.path}/node`;
    const certs = `${dir.path}/certs.d`;
    await Deno.mkdir(`${work}${CERTS_DIR}`, { recursive: true });
    await Deno.mkdir(`${certs}/docker.io`, { recursive: true });
    await Deno.writeTextFile(`${certs}/docker.io/hosts.toml`, "server = 'https://registry.test'\n");
    await Deno.symlink("docker.io", `${certs}/mirror.test`);
    const bundle = await testBundle(dir.path);
    const view = { work, mounts: [{ source: certs, target: CERTS_DIR, writable: true }] };
    const run = (...args: string[]) => inContainerView([Deno.execPath(), "run", ...FLAGS, ...args], view);

    const [program, ...args] = run(bundle, "configuration", "--mirror-targets=http://127.0.0.1:30020");
    await runCommand(program, args);
    assert.match(await Deno.readTextFile(`${certs}/_default/hosts.toml`), /127\.0\.0\.1:30020/);
    assert.deepEqual(namesIn(certs), [".peili", "_backup", "_default"]);

    const address = "127.0.0.1:30987";
    const command = run(`--allow-net=${address}`, bundle, "cleanup", `--addr=${address}`);
    await using process = spawnLogged({ name: "cleanup", command, logPath: `${dir.path}/cleanup.log` });
    await until("cleanup", async () => {
      await httpText(`http://${address}/readyz`);
      return true;
    });
    assert.equal((await process.stop()).code, 0, await process.logTail());
    assert.deepEqual(namesIn(certs), ["docker.io", "mirror.test"]);
    assert.equal(await Deno.readLink(`${certs}/mirror.test`), "docker.io");
  },
});

function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}
