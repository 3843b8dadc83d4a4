import assert from "@std/assert";
import { sourceFiles } from "./source_files.ts";

/** The longest file that is easy to read, in lines. */
const FILE_LINES_MAX = 400;
/** The longest that half of the files may be, in lines. */
const MEDIAN_LINES_MAX = 110;

/** Files that a program writes. */
const GENERATED_REGEXP = /\/gen\//;

const files = sourceFiles().filter(({ path }) => !GENERATED_REGEXP.test(path));

function linesOf(text: string): number {
  return text.split("\n").length - 1;
}

Deno.test("files are named in snake_case after what they define, and none is a barrel", () => {
  assert.deepEqual(
    files.filter(({ path }) => !/^([a-z0-9_]+\/)+[a-z0-9_]+\.ts$/.test(path)).map(({ path }) => path),
    [],
  );
  assert.deepEqual(files.filter(({ path }) => /\/(index|mod|utils?|helpers?|common|types)\.ts$/.test(path)), []);
});

Deno.test("no file is longer than it can be read at once, and half of them are short", () => {
  const lengths = files.map(({ text }) => linesOf(text)).sort((a, b) => a - b);
  assert.deepEqual(files.filter(({ text }) => linesOf(text) > FILE_LINES_MAX).map(({ path }) => path), []);
  const median = lengths[lengths.length >> 1] ?? 0;
  assert(median <= MEDIAN_LINES_MAX, `the median file has ${median} lines`);
});

/** What the language subset of the project leaves out: how it is written, with an example, and who may. */
const LEFT_OUT: [what: string, pattern: RegExp, example: string, but?: string][] = [
  [
    "lint rules switched off",
    /deno-lint-ignore|@ts-(ignore|expect-error|nocheck)/,
    ["// deno", "lint-ignore"].join("-"),
  ],
  ["enum", /^\s*(export\s+)?(const\s+)?enum\s/m, "export const enum A {"],
  [
    "private and protected members that are so by word only",
    /^\s+(private|protected)\s+(?!constructor)[\w#]+[^*\n]*[;({=]$/m,
    "class A {\n  private readonly a = 5;",
  ],
  ["default exports", /^export default /m, "export default A;"],
  ["the type any", /[:<(,|]\s*any\b(?=\s*[;,)>|=\]])/, "const a: any = 5;"],
  ["console, but for the commands", /\bconsole\.\w+\(/, "console.log(5)", "cli/"],
];

for (const [what, pattern, example, but = "/"] of LEFT_OUT) {
  Deno.test(`the source has no ${what}`, () => {
    assert.match(example, pattern);
    const found = files.filter(({ path, text }) => !path.startsWith(but) && pattern.test(text));
    assert.deepEqual(found.map(({ path }) => path), []);
  });
}
