import assert from "@std/assert";
import { isPastProxy } from "../../src/doctor/facts/no_proxy.ts";
import { lastOf, readUnitEnvironment } from "../../src/doctor/facts/systemd_environment.ts";
import { hostTree } from "./host_tree.ts";

/** As `golang.org/x/net/http/httpproxy` decides. */
const HOSTS: [host: string, noProxy: string, past: boolean][] = [
  ["127.0.0.1", "", true],
  ["127.9.9.9", "", true],
  ["localhost", "", true],
  ["::1", "", true],
  ["10.0.0.5", "", false],
  ["10.0.0.5", "*", true],
  ["10.0.0.5", "10.0.0.5", true],
  ["10.0.0.5", " 10.0.0.4 , 10.0.0.5 ", true],
  ["10.0.0.5", "10.0.0.0/8", true],
  ["10.0.0.5", "10.1.0.0/16", false],
  ["10.0.0.5", "10.0.0.0/99", false],
  ["10.0.0.5", "10.0.0.5:30020", true],
  ["10.0.0.5", "10.0.0.5:5000", false],
  ["fd00::5", "fd00::/8", true],
  ["fd00::5", "fd00::5", true],
  ["fd00::5", "10.0.0.0/8", false],
  ["node-1.internal", "internal", true],
  ["node-1.internal", ".internal", true],
  ["node-1.internal", "*.internal", true],
  ["internal", ".internal", false],
  ["node-1.internal", "ternal", false],
];

for (const [host, noProxy, past] of HOSTS) {
  Deno.test(`isPastProxy() says ${past} for ${host} and NO_PROXY="${noProxy}"`, () => {
    assert.equal(isPastProxy(host, "30020", noProxy), past);
  });
}

Deno.test("readUnitEnvironment() reads units, drop-ins and the files that they name", async () => {
  await using tree = await hostTree({
    "/usr/lib/systemd/system/k3s.service":
      "[Service]\nEnvironmentFile=-/etc/own.env\nEnvironment=A=1 \"B=2 3\" 'C=4'\n",
    "/etc/systemd/system/k3s.service.d/proxy.conf":
      "[Service]\n# Environment=D=5\nEnvironment=HTTP_PROXY=http://p:1 \\\n  E=6\n",
    "/etc/systemd/system/k3s.service.env": "CONTAINERD_NO_PROXY='10.0.0.0/8'\nexport F=7\n# G=8\nno variable\n",
    "/etc/own.env": "http_proxy=http://q:1\n",
    "/etc/systemd/system/other.service": "[Service]\nEnvironment=H=9\n",
  });
  const { seen, variables } = await readUnitEnvironment(tree.files, { units: ["k3s", "k3s-agent"] });
  assert(seen);
  assert.deepEqual(Object.fromEntries(variables.map(({ name, value }) => [name, value])), {
    http_proxy: "http://q:1",
    A: "1",
    B: "2 3",
    C: "4",
    HTTP_PROXY: "http://p:1",
    E: "6",
    CONTAINERD_NO_PROXY: "10.0.0.0/8",
    F: "7",
  });
  assert.equal(lastOf(variables, "HTTP_PROXY")?.path, "/etc/systemd/system/k3s.service.d/proxy.conf");
});

Deno.test("readUnitEnvironment() says when no unit can be seen", async () => {
  await using tree = await hostTree({});
  assert.deepEqual(await readUnitEnvironment(tree.files, { units: ["containerd"] }), { seen: false, variables: [] });
});
