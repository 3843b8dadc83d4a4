import assert from "@std/assert";
import type { AdvertisedCounts } from "../../src/metrics/advertised_metrics.ts";
import { boundedLabel } from "../../src/metrics/bounded_label.ts";
import { Metrics } from "../../src/metrics/metrics.ts";

/** What dashboards that were made for Spegel ask for: names, types and labels. */
const SPEGEL: [name: string, type: string, labels: string[]][] = [
  ["spegel_mirror_requests_total", "counter", ["registry", "cache"]],
  ["spegel_mirror_last_success_timestamp_seconds", "gauge", []],
  ["spegel_resolve_duration_seconds", "histogram", ["router"]],
  ["spegel_advertised_image_tags", "gauge", ["registry"]],
  ["spegel_advertised_image_digests", "gauge", ["registry"]],
  ["spegel_advertised_content_digests", "gauge", ["registry"]],
  ["http_request_duration_seconds", "histogram", ["handler", "method", "code"]],
  ["http_response_size_bytes", "histogram", ["handler", "method", "code"]],
  ["http_requests_inflight", "gauge", ["handler"]],
];

/** What a node announces. */
const ADVERTISED = {
  imageTags: { "docker.io": 1, "ghcr.io": 2 },
  imageDigests: { "docker.io": 3 },
  contentDigests: { "docker.io": 4 },
};

for (const [name, type, labels] of SPEGEL) {
  Deno.test(`Metrics has ${name} as Spegel has it`, async () => {
    const metrics = new Metrics();
    metrics.observeAdvertised(() => ADVERTISED);
    const metric = metrics.registry.getSingleMetric(name) as unknown as { labelNames: string[] } | undefined;
    assert.deepEqual(metric?.labelNames, labels);
    assert((await metrics.registry.metrics()).includes(`# TYPE ${name} ${type}\n`));
  });
}

Deno.test("Metrics tells what is announced now, and forgets registries that are gone", async () => {
  const metrics = new Metrics();
  let advertised: AdvertisedCounts = ADVERTISED;
  metrics.observeAdvertised(() => advertised);
  const lines = async () =>
    (await metrics.registry.metrics()).split("\n").filter((line) => line.startsWith("spegel_adv"));
  assert.deepEqual(await lines(), [
    'spegel_advertised_image_tags{registry="docker.io"} 1',
    'spegel_advertised_image_tags{registry="ghcr.io"} 2',
    'spegel_advertised_image_digests{registry="docker.io"} 3',
    'spegel_advertised_content_digests{registry="docker.io"} 4',
  ]);
  advertised = { imageTags: { "ghcr.io": 5 }, imageDigests: {}, contentDigests: {} };
  assert.deepEqual(await lines(), ['spegel_advertised_image_tags{registry="ghcr.io"} 5']);
});

Deno.test("Metrics names everything else peili_ or as Prometheus clients do", async () => {
  const names = new Metrics().registry.getMetricsAsArray().map(({ name }) => name);
  assert.deepEqual(names.filter((name) => !/^(spegel|peili|http|process)_/.test(name)), []);
  assert.equal(new Set(names).size, names.length);
  const text = await new Metrics().registry.metrics();
  assert.match(text, /^process_resident_memory_bytes [1-9]\d+$/m);
  assert.match(text, /^process_start_time_seconds 1\d{9}/m);
});

Deno.test("Metrics of several nodes in one process are apart", async () => {
  const [one, other] = [new Metrics(), new Metrics()];
  one.uploadedBytes.inc(5);
  assert.equal((await other.uploadedBytes.get()).values[0]?.value, 0);
});

Deno.test("Metrics asks an observed gauge when it is collected", async () => {
  const metrics = new Metrics();
  let peers = 1;
  metrics.observe("peili_test", "A test.", () => peers);
  assert.match(await metrics.registry.metrics(), /^peili_test 1$/m);
  peers = 2;
  assert.match(await metrics.registry.metrics(), /^peili_test 2$/m);
});

Deno.test("boundedLabel() keeps a hundred values apart, and puts the rest together", () => {
  const label = boundedLabel();
  const values = Array.from({ length: 150 }, (_, index) => label(`registry-${index}.example`));
  assert.equal(values[99], "registry-99.example");
  assert.deepEqual([...new Set(values.slice(100))], ["other"]);
  assert.equal(label("registry-5.example"), "registry-5.example", "a value that was known stays");
});
