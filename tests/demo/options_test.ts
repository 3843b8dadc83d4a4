import assert from "@std/assert";
import { parseOptions } from "../../demo/options.ts";

const CASES = [
  { args: [], options: {} },
  { args: ["--keep"], options: { keep: true } },
  { args: ["--containerd"], options: { containerd: "2" } },
  { args: ["--containerd=1.6", "--keep"], options: { containerd: "1.6", keep: true } },
  { args: ["--containerd", "--keep"], options: { containerd: "2", keep: true } },
  { args: ["-h"], options: { help: true } },
];

for (const { args, options } of CASES) {
  Deno.test(`parseOptions() reads "${args.join(" ")}"`, () => {
    assert.deepEqual(parseOptions(args), { help: false, keep: false, containerd: undefined, ...options });
  });
}

for (const args of [["--kept"], ["please"], ["--keep=no"], ["--containerd=9"]]) {
  Deno.test(`parseOptions() throws SyntaxError for "${args.join(" ")}", in one line`, () => {
    assert.throws(() => parseOptions(args), (reason: Error) => {
      assert.ok(reason instanceof SyntaxError);
      assert.match(reason.message, /^Cannot .+$/);
      return true;
    });
  });
}
