import assert from "@std/assert";
import { runStreamed } from "./run_streamed.ts";

const DENO = Deno.execPath();

/** Runs a little program, and returns its end and what was passed on. */
async function evaluated(code: string, timeoutMs = 60_000) {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const write = (chunk: Uint8Array) => Promise.resolve(chunks.push(chunk.slice()));
  const end = await runStreamed([DENO, "eval", "--no-lock", code], { timeoutMs, write });
  return { end, passedOn: await new Blob(chunks).text() };
}

Deno.test("runStreamed() passes on what a command prints, and tells its code", async () => {
  const { end, passedOn } = await evaluated(`console.log("äö"); Deno.exit(3)`);
  assert.deepEqual(end, { output: "äö\n", code: 3 });
  assert.equal(passedOn, "äö\n");
});

Deno.test("runStreamed() keeps the end of a long output", async () => {
  const { end, passedOn } = await evaluated(`for (let i = 0; i < 30_000; i++) console.log("line", i)`);
  assert.equal(end.output.length, 65_536);
  assert(end.output.endsWith("line 29999\n"));
  assert(passedOn.startsWith("line 0\n"));
});

Deno.test("runStreamed() kills a command that takes too long", async () => {
  const { end } = await evaluated(`setInterval(() => {}, 1_000)`, 500);
  assert.equal(end.code, 124);
});

Deno.test("runStreamed() tells of a command that is not there", async () => {
  assert.equal((await runStreamed(["/nowhere/command"], { timeoutMs: 1_000 })).code, 127);
});
