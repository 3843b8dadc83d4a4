import assert from "@std/assert";
import { coloured, plain } from "../../src/core/style.ts";
import { reportText } from "../../src/doctor/report_text.ts";
import { finding, notChecked, ok } from "../../src/doctor/result.ts";

const RESULTS = [
  ok("containerd", "containerd answers"),
  finding("disk", { what: "it is full", why: "there is no room", fix: ["Run: a", "Run: b"] }),
  notChecked("proxy", "it cannot be seen", "env"),
];

Deno.test("reportText() says what, why and which change, and counts", () => {
  assert.equal(
    reportText(RESULTS, plain),
    [
      "ok           containerd          containerd answers",
      "finding      disk                it is full",
      "             why: there is no room",
      "             fix: Run: a",
      "                  Run: b",
      "not checked  proxy               it cannot be seen",
      "             on the node: env",
      "",
      "findings: 1, fine: 1, not checked: 1",
      "",
    ].join("\n"),
  );
});

Deno.test("reportText() marks for a terminal without changing the words", () => {
  const escape = String.fromCharCode(27);
  const text = reportText(RESULTS, coloured);
  assert(text.includes(`${escape}[31mfinding`));
  assert.equal(
    text.split(escape).map((part, index) => index === 0 ? part : part.replace(/^\[\d+m/, "")).join(""),
    reportText(RESULTS, plain),
  );
});
