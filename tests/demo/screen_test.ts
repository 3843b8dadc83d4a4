import assert from "@std/assert";
import { formatBytes, formatCopies, formatMs, formatSpeed } from "../../demo/screen/format.ts";
import { PlainScreen } from "../../demo/screen/plain_screen.ts";
import type { Live } from "../../demo/screen/screen.ts";
import { step } from "../../demo/screen/step.ts";
import { tableLines } from "../../demo/screen/table.ts";
import { TerminalScreen } from "../../demo/screen/terminal_screen.ts";
import { MIB } from "../../src/core/units.ts";

const LIVE: Live = { lines: (style) => ["one", style.good("two"), "three"], summary: () => "half" };

/** Collects what a screen writes. */
function paper() {
  const written: string[] = [];
  return {
    write: (text: string) => void written.push(text),
    text: () => written.join(""),
  };
}

/** Returns what a terminal shows after a text: it knows line feeds, "up some lines" and "clear below". */
function shown(text: string): string[] {
  const lines = [""];
  let row = 0;
  for (const piece of text.split("\x1b[").map((part, index) => index === 0 ? `m${part}` : part)) {
    const [sequence = "", parameters = "", name = ""] = /^\??([\d;]*)([a-zA-Z])/.exec(piece) ?? [];
    if (name === "F") row -= Number(parameters);
    if (name === "J") lines.splice(row, Infinity, "");
    for (const [index, plain] of piece.slice(sequence.length).split("\n").entries()) {
      if (index > 0) lines[++row] ??= "";
      lines[row] += plain;
    }
  }
  return lines;
}

Deno.test("formatBytes() and its kind write figures for people", () => {
  assert.deepEqual([0, 1_023, 1_024, 1.5 * MIB, 2_048 * MIB].map(formatBytes), [
    "0 B",
    "1023 B",
    "1.0 KiB",
    "1.5 MiB",
    "2.00 GiB",
  ]);
  assert.deepEqual([250, 12_340].map(formatMs), ["0.25 s", "12.3 s"]);
  assert.deepEqual([formatSpeed(MIB, 500), formatSpeed(100 * MIB, 500)], ["2.0 MiB/s", "200 MiB/s"]);
  assert.deepEqual([1, 1.004, 1.03, 5, 0].map(formatCopies), [
    "1 copy",
    "1 copy",
    "1.03 copies",
    "5 copies",
    "0 copies",
  ]);
});

Deno.test("tableLines() sets the named columns flush left and the others flush right", () => {
  assert.deepEqual(tableLines([["a", "b", "c"], ["long", "1", "d"]], { leftColumns: [0, 2] }), [
    "a     b  c",
    "long  1  d",
  ]);
});

Deno.test("PlainScreen writes lines without control characters", async () => {
  const { write, text } = paper();
  const screen = new PlainScreen(write);
  screen.print(screen.style.bad("bad"));
  await step(screen, "image", () => Promise.resolve({ value: 1, text: "made" }));
  assert.match(text(), /^bad\n {2}✓ image {6}made \(0\.\d\d s\)\n$/);
});

Deno.test("PlainScreen tells how it goes on, each thing once", async () => {
  const { write, text } = paper();
  const screen = new PlainScreen(write, { summaryMs: 10 });
  await screen.during(LIVE, () => new Promise((resolve) => setTimeout(resolve, 100)));
  assert.equal(text(), "half\n");
});

Deno.test("TerminalScreen draws over what it drew, and leaves only what was printed", async () => {
  const { write, text } = paper();
  const screen = new TerminalScreen({ write, rows: () => 24 }, { colours: true });
  screen.print("before");
  await screen.during(LIVE, async () => {
    assert.deepEqual(shown(text()), ["before", "one", "two", "three", ""]);
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.deepEqual(shown(text()), ["before", "one", "two", "three", ""]);
    screen.print("between");
  });
  screen.print("after");
  assert.deepEqual(shown(text()), ["before", "between", "after", ""]);
  assert.ok(text().includes("\x1b[32mtwo\x1b[39m"));
});

Deno.test("TerminalScreen draws no more lines than fit, and no colours when there should be none", async () => {
  const { write, text } = paper();
  const screen = new TerminalScreen({ write, rows: () => 3 }, { colours: false });
  await screen.during(LIVE, () => Promise.resolve(assert.deepEqual(shown(text()), ["one", "two", ""])));
  assert.ok(!text().includes("\x1b[32m"));
});
