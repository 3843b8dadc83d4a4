import assert from "@std/assert";
import { describeFailures } from "./describe_failures.ts";

/** What `deno test` prints of a test that fails. */
const ERRORS = `\u001b[0m\u001b[1m\u001b[48;5;9m ERRORS \u001b[0m

it holds => ./a_test.ts:1:6
error: Error: it does not

 FAILURES 

it holds => ./a_test.ts:1:6`;
const SUMMARY = "\n\nFAILED | 1 passed | 1 failed (5ms)\n\nerror: Test failed\n";

Deno.test("describeFailures() returns what was said of the tests that failed, and nothing else", () => {
  const output = `other ... ok\nit holds ... FAILED\n\n${ERRORS}${SUMMARY}`;
  assert.equal(
    describeFailures({ output, code: 1 }),
    "it holds => ./a_test.ts:1:6\nerror: Error: it does not\n\n FAILURES \n\nit holds => ./a_test.ts:1:6",
  );
});

Deno.test("describeFailures() returns the last lines of a run that was cut off", () => {
  const lines = Array.from({ length: 100 }, (_, at) => `test ${at} ... ok`);
  const told = describeFailures({ output: lines.join("\n"), code: 124 }).split("\n");
  assert.deepEqual([told[0], told.at(-1)], ["test 70 ... ok", "test 99 ... ok"]);
});

Deno.test("describeFailures() is no longer than it takes to see what is wrong", () => {
  const output = ` ERRORS \n\n${"it does not hold\n".repeat(5_000)}${SUMMARY}`;
  assert.ok(describeFailures({ output, code: 1 }).split("\n").length <= 120);
});
