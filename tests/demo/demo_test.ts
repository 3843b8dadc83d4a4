import assert from "@std/assert";
import { httpText } from "../support/http_text.ts";
import { until } from "../support/until.ts";
import { missingForIntegration } from "../integration/setup/missing.ts";
import { assertPulls } from "./assert_pulls.ts";
import { DEMO_MS, startDemo } from "./start_demo.ts";

Deno.test("the demo pulls seven times with one copy from upstream, and leaves nothing behind", async () => {
  await using demo = await startDemo();
  await assertPulls(demo);
  await demo.leftNothing();
});

Deno.test({
  name: "the demo with --containerd pulls seven times with one copy from upstream, and leaves nothing behind",
  ignore: await missingForIntegration() !== undefined,
  async fn() {
    await using demo = await startDemo("--containerd");
    await assertPulls(demo);
    await demo.leftNothing();
  },
});

Deno.test("the demo with --keep stays up until Ctrl-C, and leaves nothing behind then", async () => {
  await using demo = await startDemo("--keep");
  await until("the demo to stay up", () => demo.output().includes("until Ctrl-C"), { timeoutMs: DEMO_MS });
  const url = /curl -s (http:\S+\/metrics)/.exec(demo.output())?.[1] ?? "";
  assert.match(await httpText(url), /^peili_uploaded_bytes_total \d+/m);
  demo.signal("SIGINT");
  assert.equal((await demo.ended()).code, 0);
  await demo.leftNothing();
});

Deno.test("the demo ends when it is interrupted in the middle, and leaves nothing behind", async () => {
  await using demo = await startDemo();
  await until("the first pull", () => demo.output().includes("Pulls 1"), { timeoutMs: DEMO_MS });
  demo.signal("SIGINT");
  assert.equal((await demo.ended()).code, 130);
  await demo.leftNothing();
});

Deno.test("the demo refuses what it does not know, in one line", async () => {
  await using demo = await startDemo("--kept");
  const { code, errors } = await demo.ended();
  assert.equal(code, 1);
  assert.match(errors, /^error: Cannot read the command line: .+\n$/);
});
