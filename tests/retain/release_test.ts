import assert from "@std/assert";
import { releaseAll } from "../../src/retain/release.ts";
import { StoreUnavailableError } from "../../src/store/content_store.ts";
import { MemoryLeases } from "./memory_leases.ts";

Deno.test("releaseAll() removes every lease, and says how many there were", async () => {
  const leases = new MemoryLeases();
  for (const id of ["a", "b"]) await leases.create({ id, expiresMs: 1 });
  assert.equal(await releaseAll(leases), 2);
  assert.equal(leases.kept.size, 0);
  assert.equal(await releaseAll(leases), 0);
  leases.away = true;
  await assert.rejects(() => releaseAll(leases), StoreUnavailableError);
});
