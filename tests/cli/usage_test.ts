import assert from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { runCli } from "./run_cli.ts";

const LAYOUT = ["--store=oci-layout", "--oci-layout-path=."];

/** Bad command lines: each has to end with code 2 and one line that names the value or the flag. */
const BAD: { args: string[]; env?: Record<string, string>; says: string }[] = [
  { args: ["bogus"], says: "bogus" },
  { args: ["registry", "--no-such-flag"], says: "--no-such-flag" },
  { args: ["--log-level=LOUD", "version"], says: "LOUD" },
  { args: ["version", "--format=xml"], says: "xml" },
  { args: ["registry", "--registry-addr=5000"], says: "--registry-addr" },
  { args: ["registry", "--registry-addr=127.0.0.1:70000"], says: "70000" },
  { args: ["registry", "--local-addr=:5000"], says: "overlap" },
  { args: ["registry", "--metrics-addr=[::1]:5001"], says: "overlap" },
  { args: ["registry", "--store=zfs"], says: "zfs" },
  { args: ["registry", "--preset=nix"], says: "nix" },
  { args: ["configuration", "--preset=nix"], says: "nix" },
  { args: ["cleanup", "--preset=nix"], says: "nix" },
  { args: ["doctor", "--preset=nix"], says: "nix" },
  { args: ["doctor", "--min-free=101"], says: "101" },
  { args: ["doctor", "--metrics-addr=here"], says: "here" },
  { args: ["status", "--interval=0s"], says: "--interval" },
  { args: ["registry", "--store=oci-layout"], says: "--oci-layout-path" },
  { args: ["registry", "--mirror-resolve-timeout=20"], says: "20" },
  { args: ["registry", "--mirror-resolve-timeout=0"], says: "--mirror-resolve-timeout" },
  { args: ["registry", "--mirror-resolve-retries=-1"], says: "-1" },
  { args: ["registry", "--upload-limit=fast"], says: "fast" },
  { args: ["registry", "--upload-limit=1KiB"], says: "64KiB" },
  { args: ["registry", "--max-uploads=0"], says: "--max-uploads" },
  { args: ["registry", "--retain-layers=24"], says: "--retain-layers" },
  { args: ["registry", "--retain-layers=9000h"], says: "9000h" },
  { args: ["registry", "--retain-limit=20Q"], says: "20Q" },
  { args: ["registry", "--retain-limit=0"], says: "--retain-limit" },
  { args: ["registry", "--retain-min-free=101%"], says: "101%" },
  { args: ["registry", ...LAYOUT, "--retain-layers=24h"], says: "--retain-layers" },
  { args: ["registry", "--peer-transfer=carry"], says: "carry" },
  { args: ["registry", ...LAYOUT, "--peer-transfer=redirect"], says: "--cluster-secret-file" },
  { args: ["registry", ...LAYOUT, "--cluster-secret-file=/nowhere"], says: "/nowhere" },
  { args: ["registry", "--registry-filters=("], says: "--registry-filters" },
  { args: ["registry", "--mirrored-registries=docker.io"], says: "docker.io" },
  { args: ["registry", "--match-repository=maybe"], says: "maybe" },
  { args: ["registry", "--bootstrap-kind=carrier-pigeon"], says: "carrier-pigeon" },
  { args: ["registry", ...LAYOUT, "--bootstrap-kind=dns"], says: "--dns-bootstrap-domain" },
  { args: ["registry", "--bootstrap-kind=dns", "--dns-bootstrap-domain=a..b"], says: "a..b" },
  { args: ["registry", ...LAYOUT, "--bootstrap-kind=http"], says: "--http-bootstrap-url" },
  { args: ["registry", "--http-bootstrap-url=ftp://x"], says: "ftp://x" },
  { args: ["registry", "--static-bootstrap-peers=/ip4/1.2.3.4/tcp/5001"], says: "/ip4/1.2.3.4/tcp/5001" },
  { args: ["registry"], env: { MIRROR_RESOLVE_RETRIES: "many" }, says: "MIRROR_RESOLVE_RETRIES" },
  { args: ["registry"], env: { REGISTRY_FILTERS: "fine,(" }, says: "REGISTRY_FILTERS" },
  { args: ["configuration"], says: "--mirror-targets" },
  { args: ["configuration", "--mirror-targets=127.0.0.1:30020"], says: "127.0.0.1:30020" },
  { args: ["cleanup"], says: "--addr" },
  { args: ["cleanup", "--addr=here"], says: "here" },
  { args: ["cleanup-wait"], says: "--probe-endpoint" },
  { args: ["cleanup-wait", "--probe-endpoint=here"], says: "here" },
  { args: ["cleanup-wait", "--probe-endpoint=a:1", "--period=2"], says: "--period" },
];

for (const { args, env, says } of BAD) {
  const line = [...Object.entries(env ?? {}).map((pair) => pair.join("=")), "peili", ...args].join(" ");
  Deno.test(`${line} ends with code 2 and one line`, async () => {
    const { code, stdout, stderr } = await runCli(args, env);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /^error: [^\n]+\n$/);
    assert.ok(stderr.includes(says), stderr);
  });
}

const COMMANDS = ["registry", "configuration", "cleanup", "cleanup-wait", "doctor", "status", "version"];

for (const args of [["--help"], ...COMMANDS.map((command) => [command, "--help"])]) {
  Deno.test(`peili ${args.join(" ")} prints its usage`, async () => {
    const { code, stdout, stderr } = await runCli(args);
    assert.equal(code, 0);
    assert.equal(stderr, "");
    assert.match(stdout, /^Usage: peili/);
    assert.deepEqual(stdout.split("\n").filter((line) => line.length > 80), [], "lines that are too long");
  });
}

Deno.test("peili version prints the version of the project", async () => {
  assert.equal((await runCli(["version"])).stdout, `${project.version}\n`);
  const { stdout } = await runCli(["version", "--format=json"]);
  assert.equal(JSON.parse(stdout).version, project.version);
});

Deno.test("peili registry ends with code 1 and one line when a port is taken", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const free = ["--registry-addr=127.0.0.1:0", "--local-addr=127.0.0.1:0", "--router-addr=127.0.0.1:0"];
  const { code, stderr } = await runCli([
    "registry",
    ...LAYOUT,
    ...free,
    `--metrics-addr=127.0.0.1:${taken.addr.port}`,
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /^error: [^\n]+\n$/);
});
