import assert from "@std/assert";
import type { RunningDemo } from "./start_demo.ts";

/** Checks that a demo ended well, and that what it printed is what it should have seen. */
export async function assertPulls(demo: RunningDemo): Promise<void> {
  const { code, errors } = await demo.ended();
  const output = demo.output();
  assert.equal(code, 0, `${output}${errors}`);
  assert.match(output, /^Peili: three nodes/);
  assert.match(output, /Upstream served 124\.0 MiB: 1 copy of the image\./);
  assert.match(output, /Without a mirror: 7 copies, 868\.\d MiB; 2 of the pulls would have failed\./);
  assert.match(output, /✓ 3 × 124\.0 MiB in .+; every digest is right/);
  assert.equal(output.match(/✓ 124\.0 MiB in .+; every digest is right/g)?.length, 4);
  assert.match(output, /node \d serves layer 1: killed with SIGKILL when node 3 had the first 16\.0 MiB of it/);
  // As soon as one is slower than it could be, several give pieces at once; when one of them dies, one may go on alone.
  const begin = String.raw`layer 1 .+ node \d, 0\.0 – (?<cut>\d+\.\d) MiB\n +`;
  const severally = String.raw`several nodes, \k<cut> – (?<end>\d+\.\d) MiB\n +node \d, \k<end> – 64\.0 MiB`;
  assert.match(output, new RegExp(`${begin}(?:(?:node \\d|several nodes), \\k<cut> – 64\\.0 MiB|${severally})`));
  assert.doesNotMatch(output, /\p{Cc}(?<!\n)/u);
  assert.doesNotMatch(output, /✗/);
}
