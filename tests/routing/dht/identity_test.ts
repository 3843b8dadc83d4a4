import assert from "@std/assert";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { loadIdentity } from "../../../src/routing/dht/identity.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** The Ed25519 example of RFC 8410, section 10.3. */
const RFC_8410_KEY = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
`;
const RFC_8410_PUBLIC_KEY = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

const EC_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdc9W0a6q/SBAQ6jR
YjyGlJ8viNL5BlCWSPJ+h8qksXChRANCAARUeypUsGvmiViuQLTZwNVgIJPmeJlf
9HJpOr+lUrLrqofHyWimd8XaD9XEtxlaEsUUV0utwhFX2qluPnE/9QIo
-----END PRIVATE KEY-----
`;

async function idOf(dataDir?: string): Promise<string> {
  return peerIdFromPrivateKey(await loadIdentity(dataDir)).toString();
}

Deno.test("loadIdentity() makes a new identity each time without a directory", async () => {
  assert.notEqual(await idOf(), await idOf());
});

Deno.test("loadIdentity() writes a key once, for its owner alone, and loads it from then on", async () => {
  await using directory = await tempDir();
  const dataDir = `${directory.path}/not/there/yet`;
  const id = await idOf(dataDir);
  assert.equal(await idOf(dataDir), id);
  const { mode } = await Deno.stat(`${dataDir}/private.key`);
  assert.equal((mode ?? 0) & 0o777, 0o600);
  assert.match(await Deno.readTextFile(`${dataDir}/private.key`), /^-----BEGIN PRIVATE KEY-----\n[\w+/=]{64}\n/);
  assert.deepEqual([...Deno.readDirSync(dataDir)].map(({ name }) => name), ["private.key"]);
});

Deno.test("loadIdentity() reads the key of RFC 8410", async () => {
  await using directory = await tempDir();
  await Deno.writeTextFile(`${directory.path}/private.key`, RFC_8410_KEY);
  assert.equal((await loadIdentity(directory.path)).publicKey.raw.toHex(), RFC_8410_PUBLIC_KEY);
});

const UNUSABLE = [
  { what: "is empty", text: "" },
  { what: "is no PEM file", text: "hello" },
  { what: "holds a certificate", text: RFC_8410_KEY.replaceAll("PRIVATE KEY", "CERTIFICATE") },
  { what: "has no key in its PEM", text: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" },
  { what: "is cut off", text: RFC_8410_KEY.slice(0, 60) },
  { what: "holds a key of another kind", text: EC_KEY },
];
Deno.test.each(UNUSABLE)(
  "loadIdentity() says in one line which file $what, and leaves it as it is",
  async ({ text }) => {
    await using directory = await tempDir();
    const path = `${directory.path}/private.key`;
    await Deno.writeTextFile(path, text);
    const failure = await loadIdentity(directory.path).then(() => "none", String);
    assert.ok(failure.startsWith(`Error: Cannot use the identity "${path}": `), failure);
    assert.ok(!failure.includes("\n"));
    assert.equal(await Deno.readTextFile(path), text);
  },
);

Deno.test("loadIdentity() says in one line that the directory cannot be used", async () => {
  await using directory = await tempDir();
  await Deno.writeTextFile(`${directory.path}/file`, "");
  await assert.rejects(loadIdentity(`${directory.path}/file`), /^Error: Cannot (read|write) the identity "[^\n]*$/);
});
