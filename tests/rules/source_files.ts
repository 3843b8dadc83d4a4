import { resolveImport } from "./layers.ts";

/** A file of `src/`. */
export interface SourceFile {
  /** Its path relative to `src/`. */
  path: string;
  /** Its text. */
  text: string;
  /** What it imports and re-exports, as written. */
  imports: readonly string[];
}

const SOURCE = new URL("../../src/", import.meta.url);

/** Reads every module of `src/`, with what it imports. */
export function sourceFiles(): SourceFile[] {
  return list("").map((path) => {
    const text = Deno.readTextFileSync(new URL(path, SOURCE));
    return { path, text, imports: importsOf(path, text) };
  });
}

/** Returns the files that each file imports. */
export function importGraph(files: readonly SourceFile[]): Map<string, string[]> {
  return new Map(files.map(({ path, imports }) => [
    path,
    imports.filter((specifier) => specifier.startsWith(".")).map((specifier) => resolveImport(path, specifier)),
  ]));
}

/** Returns the first way round in a graph, if there is one. */
export function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...way, node]);
      if (cycle) return cycle;
    }
    done.add(node);
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle) return cycle;
  }
}

function list(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, SOURCE))].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return list(`${folder}${name}/`);
    return name.endsWith(".ts") ? [`${folder}${name}`] : [];
  }).sort();
}

/** Lets Deno's own parser find the imports. */
function importsOf(path: string, text: string): string[] {
  const found: string[] = [];
  const note = ({ source }: { source: unknown }) => {
    const value = (source as { value?: unknown } | null)?.value;
    if (typeof value === "string") found.push(value);
  };
  const visitor = {
    ImportDeclaration: note,
    ExportNamedDeclaration: note,
    ExportAllDeclaration: note,
    ImportExpression: note,
  };
  Deno.lint.runPlugin({ name: "imports", rules: { imports: { create: () => visitor } } }, path, text);
  return found;
}
