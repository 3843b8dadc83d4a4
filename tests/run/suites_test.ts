import assert from "@std/assert";
import { suites } from "./suites.ts";

Deno.test("every folder with tests belongs to exactly one suite", () => {
  const folders = suites().flatMap(({ command }) => command.filter((argument) => argument.startsWith("tests/")));
  assert.equal(new Set(folders).size, folders.length);
  for (const folder of ["core", "oci", "rules", "http", "registry", "integration"]) {
    assert(folders.includes(`tests/${folder}`), folder);
  }
  assert.deepEqual(folders.filter((folder) => !Deno.statSync(folder).isDirectory), []);
});

Deno.test("only the suites that need root may do everything", () => {
  const mighty = suites().filter(({ command }) => command.includes("-A") || command.includes("--allow-all"));
  assert.deepEqual(mighty.map(({ name }) => name), ["integration", "doctor", "system", "cluster", "image"]);
});
