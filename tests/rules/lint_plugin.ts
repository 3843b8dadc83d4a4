/**
 * The project's own rules for `deno lint`.
 *
 * @module
 */
import { importProblem } from "./layers.ts";

/** What the rules look at: every way in which a module names another. */
type Importing =
  | Deno.lint.ImportDeclaration
  | Deno.lint.ExportNamedDeclaration
  | Deno.lint.ExportAllDeclaration
  | Deno.lint.ImportExpression;

/** The longest function that is easy to read, in lines. */
const FUNCTION_LINES_MAX = 60;

/** Returns the path below `src/` of a file that is there. */
function pathInSource(filename: string): string | undefined {
  return /^.*?\/src\/(.*)$/.exec(filename.replaceAll("\\", "/"))?.[1];
}

function specifierOf({ source }: Importing): string | undefined {
  return source?.type === "Literal" && typeof source.value === "string" ? source.value : undefined;
}

const importDirection: Deno.lint.Rule = {
  create(context) {
    const file = pathInSource(context.filename);
    if (file === undefined) return {};
    const check = (node: Importing) => {
      const specifier = specifierOf(node);
      const problem = specifier === undefined ? undefined : importProblem(file, specifier);
      if (problem !== undefined) context.report({ node, message: problem });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};

const shortFunctions: Deno.lint.Rule = {
  create(context) {
    const file = pathInSource(context.filename);
    if (file === undefined || file.includes("/gen/")) return {};
    const check = (
      node: Deno.lint.FunctionDeclaration | Deno.lint.FunctionExpression | Deno.lint.ArrowFunctionExpression,
    ) => {
      const lines = context.sourceCode.getText(node).split("\n").length;
      if (lines <= FUNCTION_LINES_MAX) return;
      context.report({
        node,
        message: `A function has ${lines} lines: more than ${FUNCTION_LINES_MAX} are hard to read`,
      });
    };
    return { FunctionDeclaration: check, FunctionExpression: check, ArrowFunctionExpression: check };
  },
};

const plugin: Deno.lint.Plugin = {
  name: "peili",
  rules: { "import-direction": importDirection, "short-functions": shortFunctions },
};

export default plugin;
