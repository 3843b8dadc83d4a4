import assert from "@std/assert";
import { mergeSources, uniqueSources } from "../../src/store/merge_sources.ts";

const source = (registry: string, repository = "app") => ({ registry, repository });

Deno.test("mergeSources() lets a name with a port stand for the label without it", () => {
  assert.deepEqual(mergeSources([source("a.test"), source("b.test")], [source("a.test:5000")]), [
    source("a.test:5000"),
    source("b.test"),
  ]);
  assert.deepEqual(mergeSources([source("a.test", "one")], [source("a.test:5000", "two")]), [
    source("a.test:5000", "two"),
    source("a.test", "one"),
  ]);
});

Deno.test("uniqueSources() keeps registries with different ports apart, and 64 at most", () => {
  const sources = [source("a.test"), source("a.test:1"), source("a.test:2"), source("a.test:1")];
  assert.deepEqual(uniqueSources(sources), sources.slice(0, 3));
  assert.equal(uniqueSources(Array.from({ length: 100 }, (_, index) => source(`r${index}.test`))).length, 64);
});
