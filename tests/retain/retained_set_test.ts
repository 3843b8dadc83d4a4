import assert from "@std/assert";
import fc from "fast-check";
import type { Digest } from "../../src/oci/digest.ts";
import { RetainedSet } from "../../src/retain/retained_set.ts";

const layer = fc.integer({ min: 0, max: 4 }).map((n): Digest => `sha256:${String(n).repeat(64)}`);
const lease = fc.constantFrom("a", "b", "c");
const size = fc.integer({ min: 0, max: 100 });

const change = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), layer, lease, size: fc.option(size, { nil: undefined }) }),
  fc.record({ kind: fc.constant("resize" as const), layer, size }),
  fc.record({ kind: fc.constant("touch" as const), layer }),
  fc.record({ kind: fc.constant("delete" as const), layer }),
  fc.record({ kind: fc.constant("drop" as const), lease }),
);

Deno.test("RetainedSet counts the bytes of what a lease keeps, and lists it by last use, whatever happens", () => {
  fc.assert(fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
    const set = new RetainedSet();
    let model: { digest: Digest; size: number; leases: Set<string> }[] = [];
    const find = (digest: Digest) => model.find((one) => one.digest === digest);
    const last = (digest: Digest) => {
      const one = find(digest);
      if (one) model = [...model.filter((other) => other !== one), one];
      return one;
    };
    for (const step of changes) {
      if (step.kind === "put") {
        set.put(step.layer, step.lease, { sizeBytes: step.size, nowMs: 0 });
        if (!last(step.layer)) model.push({ digest: step.layer, size: 0, leases: new Set() });
        const one = find(step.layer)!;
        one.leases.add(step.lease);
        one.size = step.size ?? one.size;
      } else if (step.kind === "resize") {
        set.resize(step.layer, step.size);
        const one = find(step.layer);
        if (one) one.size = step.size;
      } else if (step.kind === "touch") {
        assert.equal(set.touch(step.layer), last(step.layer) !== undefined);
      } else if (step.kind === "delete") {
        set.delete(step.layer);
        model = model.filter(({ digest }) => digest !== step.layer);
      } else {
        const gone = model.filter(({ leases }) => leases.delete(step.lease) && leases.size === 0);
        model = model.filter((one) => !gone.includes(one));
        assert.deepEqual(set.dropLease(step.lease), gone.map(({ digest }) => digest));
      }
      assert.deepEqual(set.entries().map(([digest]) => digest), model.map(({ digest }) => digest));
      assert.equal(set.bytes, model.reduce((sum, one) => sum + one.size, 0));
      assert.equal(set.layers, model.length);
    }
  }));
});
