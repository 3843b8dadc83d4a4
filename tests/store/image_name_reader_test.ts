import assert from "@std/assert";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { ImageNameReader } from "../../src/store/image_name_reader.ts";

Deno.test("ImageNameReader.read() logs a name that does not parse once, and a config's digest never", async () => {
  const records: LogRecord[] = [];
  await configure({
    sinks: { test: (record) => records.push(record) },
    loggers: [
      { category: ["peili", "store"], sinks: ["test"], lowestLevel: "debug" },
      { category: ["logtape", "meta"], sinks: [] },
    ],
  });
  try {
    const names = new ImageNameReader();
    for (let round = 0; round < 3; round++) {
      assert.equal(names.read("app:v1"), undefined);
      assert.equal(names.read(`sha256:${"0".repeat(64)}`), undefined);
      assert.deepEqual(names.read("registry.test/app:v1"), {
        registry: "registry.test",
        repository: "app",
        tag: "v1",
      });
    }
    assert.equal(records.length, 1);
    for (let index = 0; index < 5_000; index++) names.read(`app:${index}`); // does not grow without end
  } finally {
    await reset();
  }
});
