import assert from "@std/assert";
import { figuresTable } from "./figures_table.ts";

Deno.test("figuresTable() tells what is measured and which budgets are kept", () => {
  const table = figuresTable([
    { nodes: 10, what: "a, ms", value: 1.234, stock: 123.4 },
    { nodes: 50, what: "bcd, ms", value: 20.04, atMost: 20 },
    { nodes: 50, what: "e", value: 0, atMost: 0 },
    { nodes: 200, what: "f", value: undefined, atMost: 7 },
  ]);
  assert.deepEqual(table.split("\n"), [
    "nodes  what     peili  stock kad-dht  budget",
    "   10  a, ms     1.23            123",
    "   50  bcd, ms   20.0                 at most 20: MISSED",
    "   50  e         0.00                 at most 0: met",
    "  200  f            -                 at most 7: MISSED",
  ]);
});
