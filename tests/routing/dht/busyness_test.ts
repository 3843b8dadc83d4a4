import assert from "@std/assert";
import { Busyness } from "../../../src/routing/dht/busyness.ts";

Deno.test("a process is busy while and for a while after its event loop is held up", async () => {
  using busyness = new Busyness();
  const untilMs = performance.now() + 300;
  while (performance.now() < untilMs); // holds the event loop up
  assert.ok(busyness.isBusy, "at once");
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.ok(busyness.isBusy, "for a while");
});
