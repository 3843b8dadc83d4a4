import assert from "@std/assert";
import fc from "fast-check";
import { type BytesKey, bytesKey } from "../../../src/routing/dht/bytes_key.ts";
import { RecordStore } from "../../../src/routing/dht/record_store.ts";

function key(text: string): BytesKey {
  return bytesKey(new TextEncoder().encode(text));
}

function makeStore(options: { validityMs?: number; maxRecords?: number } = {}) {
  const clock = { nowMs: 1_000_000 };
  const store = new RecordStore({ validityMs: 1_000, ...options, now: () => clock.nowMs });
  return { store, clock };
}

Deno.test("RecordStore.get() returns every provider of a key and nobody else's", () => {
  const { store } = makeStore();
  store.put(key("a"), key("p"));
  store.put(key("a"), key("q"));
  store.put(key("b"), key("r"));
  assert.deepEqual(store.get(key("a"), 10).toSorted(), ["p", "q"]);
  assert.deepEqual(store.get(key("c"), 10), []);
  assert.equal(store.size, 3);
});

Deno.test("RecordStore.get() leaves out what has expired, and a renewed record lives on", () => {
  const { store, clock } = makeStore();
  store.put(key("a"), key("p"));
  store.put(key("a"), key("q"));
  clock.nowMs += 999;
  store.put(key("a"), key("q"));
  assert.deepEqual(store.get(key("a"), 10).toSorted(), ["p", "q"]);
  clock.nowMs += 1;
  assert.deepEqual(store.get(key("a"), 10), ["q"]);
  assert.equal(store.size, 2, "a renewed record is no second one");
});

Deno.test("RecordStore frees what has expired within a minute of use", () => {
  const { store, clock } = makeStore();
  for (let index = 0; index < 100; index++) store.put(key(`${index}`), key("p"));
  clock.nowMs += 61_000;
  store.put(key("new"), key("q"));
  assert.equal(store.size, 1);
});

Deno.test("RecordStore.get() chooses by chance among more than the limit", () => {
  const { store } = makeStore();
  for (let index = 0; index < 50; index++) store.put(key("a"), key(`${index}`));
  const seen = new Set<string>();
  for (let time = 0; time < 200; time++) {
    const found = store.get(key("a"), 5);
    assert.equal(new Set(found).size, 5);
    for (const provider of found) seen.add(provider);
  }
  assert.equal(seen.size, 50);
});

Deno.test("a provider that floods a full RecordStore pushes out its own records only", () => {
  const { store } = makeStore({ maxRecords: 100 });
  for (let index = 0; index < 20; index++) store.put(key(`${index}`), key("quiet"));
  for (let index = 0; index < 1_000; index++) store.put(key(`${index}`), key("loud"));
  assert.equal(store.size, 100);
  for (let index = 0; index < 20; index++) assert(store.get(key(`${index}`), 10).includes(key("quiet")));
  assert.deepEqual(store.get(key("999"), 10), ["loud"], "its newest record is kept");
  assert.deepEqual(store.get(key("500"), 10), [], "an older one is not");
});

Deno.test("RecordStore.deleteProvider() removes all of one provider", () => {
  const { store } = makeStore();
  store.put(key("a"), key("p"));
  store.put(key("b"), key("p"));
  store.put(key("a"), key("q"));
  store.deleteProvider(key("p"));
  assert.deepEqual(store.get(key("a"), 10), ["q"]);
  assert.deepEqual(store.get(key("b"), 10), []);
  assert.equal(store.size, 1);
  store.deleteProvider(key("nobody"));
});

Deno.test("RecordStore holds exactly what a plain list of records would, within its bound", () => {
  const step = fc.record({
    what: fc.constantFrom("put", "put", "put", "delete", "wait"),
    key: fc.integer({ min: 0, max: 5 }).map(String),
    provider: fc.integer({ min: 0, max: 3 }).map(String),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const { store, clock } = makeStore({ maxRecords: 1_000 });
    const model = new Map<string, number>();
    for (const { what, key: text, provider } of steps) {
      if (what === "wait") clock.nowMs += 400;
      else if (what === "put") {
        store.put(key(text), key(provider));
        model.set(`${text} ${provider}`, clock.nowMs + 1_000);
      } else {
        store.delete(key(text), key(provider));
        model.delete(`${text} ${provider}`);
      }
    }
    for (let text = 0; text <= 5; text++) {
      const wanted = [...model].filter(([name, expiresMs]) => name.startsWith(`${text} `) && expiresMs > clock.nowMs);
      assert.deepEqual(store.get(key(`${text}`), 10).toSorted(), wanted.map(([name]) => name.slice(2)).toSorted());
    }
    assert.equal(store.size, model.size);
  }));
});
