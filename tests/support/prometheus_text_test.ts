import assert from "@std/assert";
import { metricSum } from "./prometheus_text.ts";

const TEXT = `# HELP peili_bytes_total Body bytes.
# TYPE peili_bytes_total counter
peili_bytes_total{source="local"} 10
peili_bytes_total{source="peer",zone="a"} 5
peili_bytes_total{source="peer",zone="b"} 1.5e3
peili_bytes_total_other 1
peili_uploaded_bytes_total 7
`;

Deno.test("metricSum() adds up the samples of one metric that have the labels", () => {
  assert.equal(metricSum(TEXT, "peili_bytes_total"), 1515);
  assert.equal(metricSum(TEXT, "peili_bytes_total", { source: "peer" }), 1505);
  assert.equal(metricSum(TEXT, "peili_uploaded_bytes_total"), 7);
  assert.equal(metricSum(TEXT, "absent"), 0);
});
