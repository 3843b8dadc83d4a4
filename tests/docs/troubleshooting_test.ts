import assert from "@std/assert";
import { CHECKS } from "../../src/doctor/result.ts";
import { DISTRIBUTION_NAMES, DISTRIBUTIONS } from "../../src/hosts/distributions.ts";

const DOCS = new URL("../../docs/", import.meta.url);

Deno.test("docs/troubleshooting.md has a section for every check of the doctor", async () => {
  const page = await Deno.readTextFile(new URL("troubleshooting.md", DOCS));
  const sections = [...page.matchAll(/^### (.*)$/gm)].map(([, name]) => name);
  assert.deepEqual(sections, Object.keys(CHECKS));
});

Deno.test("docs/distributions.md has the paths of every preset", async () => {
  const page = await Deno.readTextFile(new URL("distributions.md", DOCS));
  const rows = [...page.matchAll(/^\| `([\w-]+)` \| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \|/gm)].map((row) =>
    row.slice(1)
  );
  const wanted = DISTRIBUTION_NAMES.map((name) => {
    const { containerdSock, containerdContentPath, containerdRegistryConfigPath } = DISTRIBUTIONS[name];
    return [name, containerdSock, containerdContentPath, containerdRegistryConfigPath];
  });
  assert.deepEqual(rows, wanted);
});
