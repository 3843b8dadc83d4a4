import assert from "@std/assert";
import { ClusterSecret, parseClusterSecret } from "../../src/trust/cluster_secret.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";

const [ONE, TWO, THREE] = ["1", "2", "3"].map((digit) => digit.repeat(32)) as [string, string, string];

function texts(keys: readonly Uint8Array[]): string[] {
  return keys.map((key) => new TextDecoder().decode(key));
}

const GOOD: [name: string, text: string, keys: string[]][] = [
  ["one line", ONE, [ONE]],
  ["one line with an end", `${ONE}\n`, [ONE]],
  ["two lines", `${ONE}\n${TWO}\n`, [ONE, TWO]],
  ["lines of Windows and empty ones", `\r\n  ${ONE}  \r\n\r\n${TWO}\r\n`, [ONE, TWO]],
];

for (const [name, text, keys] of GOOD) {
  Deno.test(`parseClusterSecret() reads ${name}`, () => assert.deepEqual(texts(parseClusterSecret(text)), keys));
}

for (const text of ["", "\n\n", "short", `${ONE}\nshort`, `${ONE}\n${TWO}\n${THREE}`]) {
  Deno.test(`parseClusterSecret() throws SyntaxError on ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.throws(() => parseClusterSecret(text), (reason: unknown) => {
      assert(reason instanceof SyntaxError && !reason.message.includes(ONE), "a secret is never told");
      return true;
    });
  });
}

Deno.test("ClusterSecret follows its file, and keeps the secret before when the file becomes unusable", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/secret`;
  await Deno.writeTextFile(path, ONE);
  using secret = await ClusterSecret.open(path, { lookAgainMs: 20 });
  assert.deepEqual(texts(secret.keys), [ONE]);
  await Deno.writeTextFile(`${path}.new`, `${TWO}\n${ONE}`);
  await Deno.rename(`${path}.new`, path);
  await until("the new secret", () => secret.keys.length === 2);
  await Deno.remove(path);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(texts(secret.keys), [TWO, ONE]);
  await Deno.writeTextFile(path, "short");
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(texts(secret.keys), [TWO, ONE]);
  await Deno.writeTextFile(path, TWO);
  await until("the end of the old secret", () => secret.keys.length === 1);
});

Deno.test("ClusterSecret.open() throws SyntaxError in one line that names the file", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(`${dir.path}/large`, "x".repeat(5_000));
  for (const name of ["missing", "large", "."]) {
    await assert.rejects(ClusterSecret.open(`${dir.path}/${name}`), (reason: unknown) => {
      assert(reason instanceof SyntaxError && reason.message.includes(name) && !reason.message.includes("\n"));
      return true;
    });
  }
});
