import assert from "@std/assert";
import { cleanup } from "../../src/hosts/cleanup.ts";
import { configure } from "../../src/hosts/configure.ts";
import { isSpegelHosts, isSpegelMerge } from "../../src/hosts/spegel_hosts.ts";
import { tempDir } from "../support/temp_dir.ts";
import { quickDisk } from "./crashing_disk.ts";
import { makeTree, readFiles, readTree, type Spec } from "./tree.ts";

const TABLE = "[host.'http://10.0.0.5:30020']\ncapabilities = ['pull']\ndial_timeout = '200ms'";
const SECRET = `${TABLE}\n[host.'http://10.0.0.5:30020'.header]\nAuthorization = 'Basic YTpi'`;
const HUB = "server = 'https://registry-1.docker.io'\n\n";

/** An existing file, and what Spegel makes of it under --prepend-existing. */
const SAVED = '# mine\nserver = "https://a"\n[host."https://b"]\n  skip_verify = true\n  capabilities = ["pull"]\n';
const MERGED = `${HUB}${TABLE}\n\n[host.'https://b']\ncapabilities = ['pull']\nskip_verify = true`;

const WRITTEN = [TABLE, HUB + TABLE, `${HUB}${SECRET}\n\n${SECRET.replaceAll("10.0.0.5", "10.0.0.6")}`];
for (const text of WRITTEN) {
  Deno.test(`isSpegelHosts() knows ${JSON.stringify(text).slice(0, 60)}`, () => {
    assert.ok(isSpegelHosts(text));
    for (const other of [`${text}\n`, `# ${text}`, text.replace("200ms", "1s"), text.replaceAll("'", '"'), ""]) {
      assert.ok(!isSpegelHosts(other), other);
    }
  });
}

Deno.test("isSpegelHosts() does not take the header of one host for that of another", () => {
  assert.ok(!isSpegelHosts(SECRET.replace("10.0.0.5", "10.0.0.6")));
});

Deno.test("isSpegelMerge() knows the hosts of the existing file in another spelling, and nothing more", () => {
  assert.ok(isSpegelMerge(MERGED, SAVED));
  const other = TABLE.replace(".5", ".6");
  assert.ok(isSpegelMerge(MERGED.replace(TABLE, `${TABLE}\n\n${other}`), `${SAVED}\n${other}`));
  assert.ok(!isSpegelMerge(`${MERGED} # a comment`, SAVED));
  assert.ok(!isSpegelMerge(MERGED.replace("true", "false"), SAVED));
  assert.ok(!isSpegelMerge(MERGED, SAVED.replace("https://b", "https://c")));
  assert.ok(!isSpegelMerge(MERGED, "= no TOML"));
  assert.ok(!isSpegelMerge(HUB + TABLE, SAVED));
});

/** What Spegel leaves, and what others put there since. */
const SPEGEL: Spec = {
  "_backup/docker.io/hosts.toml": { bytes: SAVED, mode: 0o600, owner: 1 },
  "_backup/docker.io/ca.crt": "authority",
  "_backup/empty.example/": "",
  "docker.io/hosts.toml": MERGED,
  "docker.io/ca.crt": "authority",
  "ghcr.io/hosts.toml": TABLE,
  "quay.io/hosts.toml": "# added since\n",
};

Deno.test("configure() and cleanup() take over from Spegel", async () => {
  for (const first of [false, true]) {
    await using directory = await tempDir();
    await makeTree(directory.path, SPEGEL);
    const options = { registryConfigPath: directory.path, mirrorTargets: ["http://10.0.0.5:30020"], disk: quickDisk };
    if (first) {
      const result = await configure(options);
      assert.deepEqual([result.backedUp, result.setAside], [["quay.io"], []]);
    }
    await cleanup(options);
    assert.deepEqual(await readFiles(directory.path), {
      "docker.io/ca.crt": "authority",
      "docker.io/hosts.toml": SAVED,
      "quay.io/hosts.toml": "# added since\n",
    });
    const tree = await readTree(directory.path);
    assert.ok(tree.some((line) => line.startsWith('"empty.example" ')));
    assert.match(tree.find((line) => line.startsWith('"docker.io/hosts.toml"')) ?? "", /^"[^"]*" 600 /);
  }
});
