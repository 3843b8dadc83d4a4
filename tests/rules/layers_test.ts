import assert from "@std/assert";
import { folderOf, importProblem, LEVELS, resolveImport } from "./layers.ts";
import { findCycle, importGraph, sourceFiles } from "./source_files.ts";

const files = sourceFiles();

const IMPORTS: [file: string, specifier: string, allowed: boolean][] = [
  ["oci/digest.ts", "./reference.ts", true],
  ["oci/digest.ts", "../core/errors.ts", true],
  ["core/errors.ts", "../oci/digest.ts", false],
  ["oci/digest.ts", "../metrics/metrics.ts", false],
  ["store/containerd/open.ts", "../content_store.ts", true],
  ["store/containerd/open.ts", "./gen/content.ts", true],
  ["store/containerd/gen/content.ts", "../client.ts", true],
  ["store/content_store.ts", "./containerd/open.ts", false],
  ["store/containerd/open.ts", "../oci_layout/open.ts", false],
  ["transfer/hedge.ts", "../announce/announcer.ts", false],
  ["registry/registry.ts", "../transfer/hedge.ts", true],
  ["registry/registry.ts", "../node/node.ts", false],
  ["cli/main.ts", "../node/node.ts", true],
  ["cli/main.ts", "../../mod.ts", false],
  ["cli/version.ts", "../../deno.json", true],
  ["cli/version.ts", "../../deno.lock", false],
  ["new_folder/a.ts", "../core/errors.ts", false],
  ["oci/digest.ts", "./reference", false],
  ["oci/digest.ts", "npm:lru-cache@11.5.3", false],
  ["oci/digest.ts", "lru-cache", true],
  ["oci/digest.ts", "node:crypto", true],
  ["routing/dht/router.ts", "@libp2p/tcp", true],
  ["routing/router.ts", "@libp2p/interface", false],
  ["routing/router.ts", "libp2p", false],
  ["routing/router.ts", "@multiformats/multiaddr", false],
  ["bootstrap/static.ts", "@multiformats/multiaddr", true],
  ["bootstrap/static.ts", "multiformats/cid", false],
  ["flight/wire/claim.ts", "@libp2p/interface", true],
  ["flight/follow.ts", "@libp2p/interface", false],
  ["transfer/hedge.ts", "multiformats/cid", false],
  ["store/containerd/gen/content.ts", "@bufbuild/protobuf/wire", true],
  ["store/content_store.ts", "@grpc/grpc-js", false],
  ["registry/registry.ts", "prom-client", false],
  ["node/node.ts", "commander", false],
  ["node/node.ts", "fast-check", false],
];

for (const [file, specifier, allowed] of IMPORTS) {
  Deno.test(`importProblem() ${allowed ? "allows" : "refuses"} ${specifier} in ${file}`, () => {
    assert.equal(importProblem(file, specifier) === undefined, allowed);
  });
}

Deno.test("resolveImport() follows relative specifiers, also out of the source", () => {
  assert.equal(resolveImport("a/b/c.ts", "../d.ts"), "a/d.ts");
  assert.equal(resolveImport("a/b.ts", "../../mod.ts"), "../mod.ts");
});

Deno.test("folderOf() takes the longest folder that fits", () => {
  assert.equal(folderOf("store/containerd/gen/content.ts"), "store/containerd");
  assert.equal(folderOf("store/content_store.ts"), "store");
  assert.equal(folderOf("storey/a.ts"), undefined);
});

Deno.test("findCycle() finds the way round", () => {
  assert.equal(findCycle(new Map([["a", ["b", "c"]], ["b", ["c"]], ["c", []]])), undefined);
  assert.deepEqual(findCycle(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]])), ["b", "c", "b"]);
  assert.deepEqual(findCycle(new Map([["a", ["a"]]])), ["a", "a"]);
});

Deno.test("the source imports downwards only, and keeps vendors in their adapters", () => {
  const problems = files.flatMap(({ path, imports }) =>
    imports.map((specifier) => importProblem(path, specifier)).filter((problem) => problem !== undefined)
      .map((problem) => `${path}: ${problem}`)
  );
  assert.deepEqual(problems, []);
});

Deno.test("the source has no import cycle", () => {
  assert.equal(findCycle(importGraph(files)), undefined);
});

Deno.test("the source imports are all found: each names a file that is there, and most files have one", () => {
  const paths = new Set(files.map(({ path }) => path));
  const graph = importGraph(files);
  const dangling = [...graph].flatMap(([path, targets]) =>
    targets.filter((target) => !paths.has(target) && target !== "../deno.json").map((target) => `${path}: ${target}`)
  );
  assert.deepEqual(dangling, []);
  assert([...graph.values()].filter((targets) => targets.length > 0).length > files.length / 2);
});

Deno.test("every folder of the source has a level", () => {
  assert.deepEqual(files.filter(({ path }) => folderOf(path) === undefined), []);
  assert(Object.keys(LEVELS).length >= 19);
});
