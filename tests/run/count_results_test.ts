import assert from "@std/assert";
import { countDenoTest } from "./count_results.ts";

const OUTPUTS: [
  name: string,
  output: string,
  code: number,
  results: [passed: number, failed: number, ignored: number],
][] = [
  ["all passed", "a ... ok\n\nok | 96 passed | 0 failed (426ms)\n\n", 0, [96, 0, 0]],
  ["some failed", "FAILED | 94 passed | 2 failed (426ms)\n\nerror: Test failed\n", 1, [94, 2, 0]],
  ["steps", "ok | 5 passed (12 steps) | 0 failed (1m2s)\n", 0, [5, 0, 0]],
  ["steps that failed", "FAILED | 4 passed (2 steps) | 1 failed (1 step) (3s)\n", 1, [4, 1, 0]],
  ["some ignored", "ok | 1 passed | 0 failed | 3 ignored (5ms)\n", 0, [1, 0, 3]],
  ["some ignored and filtered out", "ok | 1 passed | 0 failed | 3 ignored | 2 filtered out (5ms)\n", 0, [1, 0, 3]],
  ["colours", "\u001b[32mok\u001b[0m | \u001b[32m7 passed\u001b[0m | 0 failed \u001b[90m(5ms)\u001b[0m\n", 0, [
    7,
    0,
    0,
  ]],
  ["a summary that a test printed", "ok | 9 passed | 0 failed (1s)\nx\nok | 2 passed | 0 failed (1s)\n", 0, [2, 0, 0]],
  ["a crash before the summary", "a ... ok\nthread 'main' panicked\n", 134, [0, 1, 0]],
  ["an end without a summary", "", 0, [0, 1, 0]],
  ["a module that does not compile", "error: Type checking failed.\n", 1, [0, 1, 0]],
  ["a crash after a good summary", "ok | 3 passed | 0 failed (1s)\nerror: leak\n", 1, [3, 1, 0]],
  ["a kill", "ok | 3 passed | 0 failed (1s)\n", 124, [3, 1, 0]],
];

for (const [name, output, code, [passed, failed, ignored]] of OUTPUTS) {
  Deno.test(`countDenoTest() counts ${name}`, () => {
    assert.deepEqual(countDenoTest({ output, code }), { passed, failed, ignored });
  });
}
