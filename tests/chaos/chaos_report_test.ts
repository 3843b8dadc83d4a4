import assert from "@std/assert";
import { MIB } from "../../src/core/units.ts";
import { type ChaosReport, describeReport, failures } from "./chaos_report.ts";

function sample(rackNodes: number, heapMib: number) {
  return { rack: 0, rackNodes, allNodes: 5 * rackNodes, heapBytes: heapMib * MIB, residentBytes: 200 * MIB };
}

const REPORT: ChaosReport = {
  seed: 7,
  ms: 12_345,
  recoveriesMs: [1_000, 2_500],
  wrong: new Map(),
  traffic: { lookups: 10, answerable: 4, answered: 3, latestMs: 2, deadNamedMs: 150 },
  memory: [sample(4, 30), sample(4, 31), sample(20, 80)],
  stallMs: 20,
};

Deno.test("describeReport() tells the seed and the figures", () => {
  const text = describeReport(REPORT);
  for (
    const part of [/seed 7, 12.3 s/, /75.00 % of 4/, /150 ms at most/, /1.0, 2.5 s/, /4 of 20 nodes: heap 30.0 MiB/]
  ) {
    assert.match(text, part);
  }
});

Deno.test("failures() is empty after a good run, though more nodes take more memory", () => {
  assert.deepEqual(failures(REPORT), []);
});

Deno.test("failures() tells what was wrong how often", () => {
  const wrong = new Map([["an answer came after its deadline", { count: 3, example: "by 300 ms" }]]);
  assert.deepEqual(failures({ ...REPORT, wrong }), ["3 × an answer came after its deadline: by 300 ms"]);
});

Deno.test("failures() tells of a heap that grows while the cluster stays as large", () => {
  const memory = [sample(4, 30), sample(4, 40), sample(4, 60)];
  assert.deepEqual(failures({ ...REPORT, memory }), ["the heap of rack 0, 4/20 nodes grew from 30.0 to 60.0 MiB"]);
});
