import assert from "@std/assert";
import fc from "fast-check";
import { isRegistry, isRepository } from "../../../src/oci/reference.ts";
import { labelSources } from "../../../src/store/containerd/label_sources.ts";

Deno.test("labelSources() reads every repository of every registry", () => {
  assert.deepEqual(
    labelSources({
      "containerd.io/distribution.source.docker.io": "library/alpine,library/busybox",
      "containerd.io/distribution.source.registry.test": "team/app",
      "containerd.io/uncompressed": "sha256:00",
    }),
    [
      { registry: "docker.io", repository: "library/alpine" },
      { registry: "docker.io", repository: "library/busybox" },
      { registry: "registry.test", repository: "team/app" },
    ],
  );
});

Deno.test("labelSources() passes over what is malformed, and keeps 64 at most", () => {
  assert.deepEqual(
    labelSources({
      "containerd.io/distribution.source.": "team/app",
      "containerd.io/distribution.source.bad host": "team/app",
      "containerd.io/distribution.source.registry.test": ",UPPER,team//app, ,team/app",
    }),
    [{ registry: "registry.test", repository: "team/app" }],
  );
  const many = Array.from({ length: 100 }, (_, index) => `app${index}`).join();
  assert.equal(labelSources({ "containerd.io/distribution.source.registry.test": many }).length, 64);
});

Deno.test("labelSources() gives nothing but repositories, whatever the labels are", () => {
  const label = fc.oneof(fc.string(), fc.string().map((host) => `containerd.io/distribution.source.${host}`));
  fc.assert(fc.property(fc.dictionary(label, fc.string()), (labels) => {
    for (const { registry, repository } of labelSources(labels)) {
      assert.ok(isRegistry(registry) && isRepository(repository));
    }
  }));
});
