import { testNames } from "./conformance_names.ts";
import { testReads } from "./conformance_reads.ts";
import { testWatch } from "./conformance_watch.ts";
import type { StoreFixture } from "./store_fixture.ts";

/**
 * Registers the tests that every content store has to pass.
 *
 * @param name Begins the name of every test.
 * @param open Opens a store that is not shared with another test; other content may be in it.
 */
export function testStore(name: string, open: () => Promise<StoreFixture>): void {
  testReads(name, open);
  testNames(name, open);
  testWatch(name, open);
}
