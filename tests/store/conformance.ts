import { testIngest } from "./conformance_ingest.ts";
import { testNames } from "./conformance_names.ts";
import { testReads } from "./conformance_reads.ts";
import { testWatch } from "./conformance_watch.ts";
import type { StoreFixture } from "./store_fixture.ts";

/** One test that every content store has to pass. */
export interface StoreTest {
  /** What has to hold. */
  what: string;
  /** Fails if it does not. */
  body: (fixture: StoreFixture) => Promise<void>;
}

/** Returns the tests that every content store has to pass. */
export function storeTests(): StoreTest[] {
  const tests: StoreTest[] = [];
  for (const collect of [testReads, testIngest, testNames, testWatch]) {
    collect((what, body) => tests.push({ what, body }));
  }
  return tests;
}

/**
 * Registers the tests that every content store has to pass.
 *
 * @param name Begins the name of every test.
 * @param open Opens an empty store.
 */
export function testStore(name: string, open: () => Promise<StoreFixture>): void {
  for (const { what, body } of storeTests()) {
    Deno.test(`${name}: ${what}`, async () => {
      await using fixture = await open();
      await body(fixture);
    });
  }
}
