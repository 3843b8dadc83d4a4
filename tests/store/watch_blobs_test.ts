import { abortable, deadline } from "../../src/core/deadline.ts";
import { PendingChanges } from "../../src/store/pending_changes.ts";
import { watchBlobs } from "../../src/store/watch_blobs.ts";

Deno.test("watchBlobs() ends when its signal aborts, however early that is", async () => {
  const root = await Deno.makeTempDir();
  try {
    for (let afterMs = 0; afterMs < 5; afterMs += 0.1) {
      const controller = new AbortController();
      const watching = watchBlobs(root, new PendingChanges(), { signal: controller.signal });
      const untilMs = performance.now() + afterMs;
      while (performance.now() < untilMs) await new Promise((resolve) => setTimeout(resolve));
      controller.abort();
      await abortable(watching, deadline(5_000));
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
