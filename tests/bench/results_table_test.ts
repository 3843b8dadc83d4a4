import assert from "@std/assert";
import { resultsTable } from "./results_table.ts";

Deno.test("resultsTable() aligns the columns and tells which budgets are kept", () => {
  const table = resultsTable([
    { part: "serve", name: "nginx, sendfile", gigabytesPerSecond: 10, shareOfNginx: 1, budgets: [] },
    {
      part: "serve",
      name: "peili",
      gigabytesPerSecond: 6,
      shareOfNginx: 0.6,
      cpuSecondsPerGib: 0.4,
      budgets: [
        { what: "of nginx", kind: "at least", bound: 0.7, value: 0.6 },
        { what: "CPU-s/GiB", kind: "at most", bound: 0.8, value: 0.4 },
        { what: "of nginx", kind: "at least", bound: 0.7, value: undefined },
      ],
    },
  ]);
  assert.deepEqual(table.split("\n"), [
    "part   what              GB/s  of nginx  CPU-s/GiB  RSS MiB  budget",
    "serve  nginx, sendfile  10.00      1.00",
    "serve  peili             6.00      0.60       0.40           at least 0.7 of nginx: MISSED, " +
    "at most 0.8 CPU-s/GiB: met, at least 0.7 of nginx: cannot be told",
  ]);
});
