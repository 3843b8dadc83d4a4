import assert from "@std/assert";
import plugin from "./lint_plugin.ts";

function problems(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, file, source).map(({ id, message }) => `${id}: ${message}`);
}

for (
  const source of [
    'import { a } from "../oci/digest.ts";',
    'import type { A } from "../oci/digest.ts";',
    'import "../oci/digest.ts";',
    'export { a } from "../oci/digest.ts";',
    'export * from "../oci/digest.ts";',
    'const a = await import("../oci/digest.ts");',
  ]
) {
  Deno.test(`the lint plugin reports an import that goes upwards: ${source}`, () => {
    const found = problems("/a/src/core/errors.ts", source);
    assert.equal(found.length, 1);
    assert.match(found[0] ?? "", /^peili\/import-direction: .*level 0.*level 1/);
  });
}

Deno.test("the lint plugin lets imports that go downwards be, and files outside of the source", () => {
  assert.deepEqual(problems("/a/src/oci/digest.ts", 'import { a } from "../core/errors.ts";\nexport const b = a;'), []);
  assert.deepEqual(problems("/a/tests/core/errors_test.ts", 'import { a } from "../../src/oci/digest.ts";'), []);
});

Deno.test("the lint plugin reports a vendor outside of its adapter", () => {
  assert.match(problems("/a/src/node/node.ts", 'import { a } from "libp2p";').join(), /routing\/dht/);
});

Deno.test("the lint plugin reports a function that is too long", () => {
  const long = `export function a() {\n${"  b();\n".repeat(60)}}`;
  assert.match(problems("/a/src/core/a.ts", long).join(), /^peili\/short-functions: A function has 62 lines/);
  assert.deepEqual(problems("/a/src/core/a.ts", long.replace("  b();\n".repeat(2), "")), []);
  assert.deepEqual(problems("/a/src/core/gen/a.ts", long), []);
});
