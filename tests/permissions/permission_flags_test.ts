import assert from "@std/assert";
import { PROXY_VARIABLES } from "../../src/http/direct_client.ts";
import image from "../../deploy/image/permissions.json" with { type: "json" };
import project from "../../deno.json" with { type: "json" };
import { program } from "../../src/cli/program.ts";
import { readEntrypoint } from "./containerfile.ts";
import { permissionFlags } from "./permission_flags.ts";

const PERMISSION_REGEXP = /^(--(?:allow|deny|ignore)-|-[A-Z]|--permission-set)/;

Deno.test("Containerfile grants what the permission set of the registry grants, and no imports", async () => {
  const flags = (await readEntrypoint()).filter((flag) => PERMISSION_REGEXP.test(flag));
  assert.deepEqual(flags.sort(), [...permissionFlags(project.permissions.registry), "--deny-import"].sort());
});

Deno.test("peili in the image may do what doctor and status may, at the places of a container", async () => {
  const { registry, doctor, status } = project.permissions;
  const { look } = image.permissions;
  assert.deepEqual([look.net, look.sys, look.env.ignore], [doctor.net, doctor.sys, doctor.env.ignore]);
  assert.deepEqual(look.env.allow, [...new Set([...doctor.env.allow, ...status.env.allow])].sort());
  const mounted = ["/host", ...registry.read].filter((path) => doctor.read.includes(path));
  assert.deepEqual(look.read, mounted);
  assert.deepEqual(look.write, registry.write.filter((path) => doctor.write.includes(path)));
  const program = await Deno.readTextFile(new URL("../../deploy/image/peili", import.meta.url));
  assert.equal(program.split("\n")[0], "#!/bin/deno -qP=look");
});

Deno.test("the registry may use the network, files, its own variables and its own addresses, nothing else", () => {
  assert.deepEqual(Object.keys(project.permissions.registry), ["net", "read", "write", "sys", "env"]);
  assert.deepEqual(project.permissions.registry.sys, ["networkInterfaces", "statfs"]);
});

for (const name of ["registry", "configuration", "doctor", "status"] as const) {
  Deno.test(`${name} may read exactly the variables of its options`, () => {
    const peili = program();
    const command = peili.commands.find((command) => command.name() === name);
    const variables = [peili, command].flatMap((command) => command?.options.map(({ envVar }) => envVar) ?? []);
    // A proxy that the process may not see is one that it cannot hide from its own https: requests.
    // What Kubernetes gives every container tells the doctor that it is in one.
    const hidden = name === "registry" ? PROXY_VARIABLES : name === "doctor" ? ["KUBERNETES_SERVICE_HOST"] : [];
    const own = [...variables.filter((variable) => variable !== undefined), ...hidden].sort();
    assert.deepEqual(project.permissions[name].env.allow, own);
  });
}
