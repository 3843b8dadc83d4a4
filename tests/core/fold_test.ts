import assert from "@std/assert";
import { fold } from "../../src/core/fold.ts";

Deno.test("fold() breaks at spaces, and begins each line at the indent", () => {
  assert.equal(fold("one two three four", { width: 12, indent: 4 }), "one two\n    three\n    four");
});

Deno.test("fold() leaves words whole that are longer than a line", () => {
  assert.equal(fold("see /a/very/long/path here", { width: 10, indent: 2 }), "see\n  /a/very/long/path\n  here");
});

Deno.test("fold() breaks nothing without a width, or where all fits", () => {
  const text = "as it was,  with two spaces";
  assert.equal(fold(text, { indent: 4 }), text);
  assert.equal(fold(text, { width: 31, indent: 4 }), text);
});
