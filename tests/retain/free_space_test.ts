import assert from "@std/assert";
import { freeSpace } from "../../src/retain/free_space.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("freeSpace() tells what is left of a file system", async () => {
  await using dir = await tempDir();
  const { availableBytes, totalBytes } = await freeSpace(dir.path);
  assert.ok(availableBytes > 0 && availableBytes <= totalBytes);
  assert.ok(totalBytes > 1_000_000);
});

Deno.test("freeSpace() fails for a directory that is not there", async () => {
  await assert.rejects(() => freeSpace("/nowhere"));
});
