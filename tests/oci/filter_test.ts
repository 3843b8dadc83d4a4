import assert from "@std/assert";
import { registryFilter } from "../../src/oci/filter.ts";

const ALPINE = { registry: "docker.io", repository: "library/alpine" };

Deno.test("registryFilter() without filters allows everything and is not active", () => {
  const filter = registryFilter();
  assert.equal(filter.active, false);
  assert.equal(filter.allows(ALPINE), true);
  assert.equal(filter.allows(ALPINE, "latest"), true);
});

Deno.test("registryFilter() refuses what an expression matches anywhere", () => {
  const filter = registryFilter({ filters: [/alp/, /:latest$/] });
  assert.equal(filter.active, true);
  assert.equal(filter.allows(ALPINE), false);
  assert.equal(filter.allows({ ...ALPINE, repository: "library/busybox" }), true);
  assert.equal(filter.allows({ ...ALPINE, repository: "library/busybox" }, "1"), true);
  assert.equal(filter.allows({ ...ALPINE, repository: "library/busybox" }, "latest"), false);
});

Deno.test("registryFilter() gives the same answer every time for global and sticky expressions", () => {
  const filter = registryFilter({ filters: [/docker\.io/g] });
  assert.deepEqual([1, 2, 3].map(() => filter.allows(ALPINE)), [false, false, false]);
});

Deno.test("registryFilter() allows the mirrored registries only", () => {
  const filter = registryFilter({ registries: ["docker.io", "up.example:5000"] });
  assert.equal(filter.active, true);
  assert.equal(filter.allows(ALPINE, "latest"), true);
  assert.equal(filter.allows({ registry: "ghcr.io", repository: "a" }), false);
  assert.equal(filter.allows({ registry: "up.example:5000", repository: "a" }), true);
  assert.equal(filter.allows({ registry: "up.example:5001", repository: "a" }), false);
  assert.equal(filter.allows({ registry: "up.example", repository: "a" }), true, "a label has no port");
});

Deno.test("registryFilter() refuses what either list refuses", () => {
  const filter = registryFilter({ filters: [/alpine/], registries: ["docker.io"] });
  assert.equal(filter.allows(ALPINE), false);
  assert.equal(filter.allows({ ...ALPINE, repository: "library/busybox" }), true);
  assert.equal(filter.allows({ registry: "ghcr.io", repository: "busybox" }), false);
});
