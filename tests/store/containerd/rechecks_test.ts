import assert from "@std/assert";
import { mock } from "node:test";
import { Rechecks } from "../../../src/store/containerd/rechecks.ts";
import { digestOf } from "../../../src/oci/digest.ts";

Deno.test("Rechecks looks again after growing pauses, then no more", async () => {
  const digest = await digestOf(new Uint8Array(1));
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const looks: number[] = [];
    let nowMs = 0;
    using rechecks = new Rechecks((looked) => {
      assert.equal(looked, digest);
      looks.push(nowMs);
      rechecks.later(digest);
    });
    rechecks.later(digest);
    for (; nowMs < 20_000; nowMs += 25) mock.timers.tick(25);
    assert.deepEqual(looks, [0, 50, 150, 350, 750, 1550, 3150, 6350]);
  } finally {
    mock.timers.reset();
  }
});
