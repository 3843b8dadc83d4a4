import assert from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { permissionFlags } from "../permissions/permission_flags.ts";
import { runCommand } from "../support/run_command.ts";
import { tempDir } from "../support/temp_dir.ts";

const UNITS = {
  "peili.service": "registry",
  "peili-configuration.service": "configuration",
} as const;

/** The exposure that systemd-analyze finds, in tenths: 10 is safe, 100 is not. A JIT needs memory to write and run. */
const EXPOSURE_MAX = 25;

const DIR = new URL("../../deploy/systemd/", import.meta.url);
const PERMISSION_REGEXP = /^--(?:allow|deny|ignore)-/;

const ignore = await runCommand("systemd-analyze", ["--version"]).then(() => false, () => true);

/** Makes a root directory that has what the units name, so that they can be verified on any machine. */
async function rootWithUnits(root: string): Promise<void> {
  for (const dir of ["usr/local/bin", "etc/systemd/system", "usr/lib/systemd/system"]) {
    await Deno.mkdir(`${root}/${dir}`, { recursive: true });
  }
  await Deno.writeTextFile(`${root}/usr/local/bin/deno`, "", { mode: 0o755 });
  const targets = ["sysinit", "basic", "network-online", "multi-user", "shutdown"];
  for (const name of targets) {
    await Deno.writeTextFile(`${root}/usr/lib/systemd/system/${name}.target`, "[Unit]\nDescription=a target\n");
  }
  for (const name of Object.keys(UNITS)) await Deno.copyFile(new URL(name, DIR), `${root}/etc/systemd/system/${name}`);
}

Deno.test({
  name: "systemd-analyze verifies the units without a word, and finds them hardened",
  ignore,
  fn: async () => {
    await using root = await tempDir();
    await rootWithUnits(root.path);
    for (const name of Object.keys(UNITS)) {
      const unit = `${root.path}/etc/systemd/system/${name}`;
      const verify = await new Deno.Command("systemd-analyze", {
        args: ["verify", "--man=no", `--root=${root.path}`, name],
        stdout: "piped",
        stderr: "piped",
      }).output();
      assert.equal(new TextDecoder().decode(verify.stderr), "");
      assert.equal(verify.code, 0);
      await runCommand("systemd-analyze", ["security", "--offline=true", `--threshold=${EXPOSURE_MAX}`, unit]);
    }
  },
});

for (const [name, set] of Object.entries(UNITS)) {
  Deno.test(`${name} grants what the permission set of ${set} grants, and no imports`, async () => {
    const text = (await Deno.readTextFile(new URL(name, DIR))).replaceAll("\\\n", " ");
    const command = /^ExecStart=(.*)$/m.exec(text)?.[1]?.split(/\s+/) ?? [];
    const flags = command.filter((flag) => PERMISSION_REGEXP.test(flag));
    assert.deepEqual(flags.sort(), [...permissionFlags(project.permissions[set]), "--deny-import"].sort());
  });
}
