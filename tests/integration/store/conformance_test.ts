import { storeTests } from "../../store/conformance.ts";
import { CONTAINERD_GENERATIONS } from "../setup/tools.ts";
import { openContainerdFixture, startOwnContainerd } from "./containerd_fixture.ts";

/**
 * Without the directory there is nothing to follow a download by. Watching costs seconds for each test then, and is
 * tested elsewhere.
 */
const READING_TESTS = storeTests().filter(({ what }) => !/^(watch|ingest|tail)\(\)/.test(what));

for (const generation of CONTAINERD_GENERATIONS) {
  Deno.test(`ContainerdStore on containerd ${generation} does what every store does`, async (t) => {
    await using own = await startOwnContainerd(generation);
    for (const { what, body } of storeTests()) {
      await t.step(what, async () => {
        await using fixture = openContainerdFixture(own.containerd);
        await body(fixture);
      });
    }
    for (const { what, body } of READING_TESTS) {
      await t.step(`through containerd: ${what}`, async () => {
        await using fixture = openContainerdFixture(own.containerd, { contentPath: "/nowhere" });
        await body(fixture);
      });
    }
  });
}
