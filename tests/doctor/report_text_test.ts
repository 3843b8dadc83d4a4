import assert from "@std/assert";
import { coloured, plain } from "../../src/core/style.ts";
import { reportText } from "../../src/doctor/report_text.ts";
import { finding, notChecked, ok } from "../../src/doctor/result.ts";

const RESULTS = [
  ok("containerd", "containerd answers"),
  finding("disk", { what: "it is full", why: "there is no room for more images", fix: ["Run: a", "Run: b"] }),
  notChecked("proxy", "it cannot be seen", "env"),
];

Deno.test("reportText() says what, why and which change, findings last, and counts", () => {
  assert.equal(
    reportText(RESULTS, { style: plain }),
    [
      "✓ containerd          containerd answers",
      "",
      "? proxy               it cannot be seen",
      "  on the node: env",
      "",
      "✗ disk                it is full",
      "  why: there is no room for more images",
      "  fix: Run: a",
      "       Run: b",
      "",
      "findings: 1, fine: 1, not checked: 1",
    ].join("\n"),
  );
});

Deno.test("reportText() fits a terminal, but leaves changes on lines of their own", () => {
  const fix = [`Run: ${"a very long command ".repeat(3)}`, "Or do something else about it all"];
  const results = [finding("disk", { what: "it is full to the brim", why: "there is no room for more images", fix })];
  assert.equal(
    reportText(results, { style: plain, width: 36 }),
    [
      "✗ disk                it is full to",
      "                      the brim",
      "  why: there is no room for more",
      "       images",
      `  fix: ${fix[0]}`,
      "       Or do something else about it",
      "       all",
      "",
      "findings: 1, fine: 0, not checked: 0",
    ].join("\n"),
  );
});

Deno.test("reportText() marks for a terminal without changing the words", () => {
  const escape = String.fromCharCode(27);
  const text = reportText(RESULTS, { style: coloured });
  assert(text.includes(`${escape}[31m✗`));
  assert.equal(
    text.split(escape).map((part, index) => index === 0 ? part : part.replace(/^\[\d+m/, "")).join(""),
    reportText(RESULTS, { style: plain }),
  );
});
