import { MemoryStore } from "../../src/store/memory_store.ts";
import { testStore } from "./conformance.ts";
import type { StoreFixture } from "./store_fixture.ts";

testStore("MemoryStore", () => {
  const store = new MemoryStore();
  const fixture: StoreFixture = {
    store,
    put: (bytes) => store.put(bytes),
    ingest(digest, total) {
      const ingest = store.receive(digest, { total });
      return Promise.resolve({
        append: (bytes) => Promise.resolve(ingest.append(bytes)),
        commit: () => ingest.commit(),
        abort: () => Promise.resolve(ingest.abort()),
      });
    },
    remove: (digest) => Promise.resolve(store.delete(digest)),
    name: (name, digest) => Promise.resolve(store.tag(name, digest)),
    unname: (name) => Promise.resolve(store.untag(name)),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
  return Promise.resolve(fixture);
});
