/**
 * Runs the protocol of flights with many nodes on a simulated clock: `deno task simulate`. Prints a table, and the seed
 * that gives the same runs again. It fails when a run was not as it should be.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { problemsOf } from "./problems_of.ts";
import { type Outcome, type Scenario, ScenarioRun } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

const USAGE = "deno task simulate [--seed=<number>] [--nodes=100,1000] [--only=<part of a name>]";
/** The width of the first column. */
const NAME_WIDTH = 46;
/** Seeds that are easy to type. */
const SEED_MAX = 1_000_000;

const COLUMNS: readonly [title: string, value: (outcome: Outcome) => string][] = [
  ["copies", ({ copies }) => copies.toFixed(3)],
  ["seconds", ({ seconds }) => seconds.toFixed(1)],
  ["alone", ({ aloneSeconds }) => aloneSeconds.toFixed(1)],
  ["bound", ({ boundSeconds }) => boundSeconds.toFixed(1)],
  ["messages", ({ messagesPerNode }) => messagesPerNode.toFixed(1)],
  ["leads", ({ maxLeads }) => `${maxLeads}`],
  ["cycles", ({ cycles }) => `${cycles}`],
  ["complete", ({ complete }) => `${complete}`],
  ["failed", ({ failed }) => `${failed}`],
  ["hanging", ({ hanging }) => `${hanging}`],
];

function parse(args: string[]): { seed: number; nodes: number[]; only: string } {
  const string = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: { seed: string, nodes: { ...string, default: "100,1000" }, only: string },
  });
  const number = (text: string) => {
    if (/^\d{1,9}$/.test(text)) return Number(text);
    throw new SyntaxError(`Cannot use "${text}": expected a whole number`);
  };
  return {
    seed: values.seed === undefined ? Math.floor(Math.random() * SEED_MAX) : number(values.seed),
    nodes: values.nodes.split(",").map(number),
    only: values.only ?? "",
  };
}

function row(scenario: Scenario, outcome: Outcome): string {
  const cells = COLUMNS.map(([title, value]) => value(outcome).padStart(title.length));
  return `| ${scenario.name.padEnd(NAME_WIDTH)} | ${String(scenario.nodes).padStart(5)} | ${cells.join(" | ")} |`;
}

/** Runs what is asked for. Returns whether every run was as it should be. */
async function main(args: string[]): Promise<boolean> {
  const { seed, nodes, only } = parse(args);
  console.log(`seed ${seed}\n`);
  console.log(`| ${"scenario".padEnd(NAME_WIDTH)} | nodes | ${COLUMNS.map(([title]) => title).join(" | ")} |`);
  console.log(
    `|${"-".repeat(NAME_WIDTH + 2)}|-------|${COLUMNS.map(([title]) => "-".repeat(title.length + 2)).join("|")}|`,
  );
  const found: string[] = [];
  for (const scenario of nodes.flatMap(scenarios).filter(({ name }) => name.includes(only))) {
    const outcome = await new ScenarioRun(scenario, seed).run();
    console.log(row(scenario, outcome));
    found.push(
      ...problemsOf(scenario, outcome).map((problem) => `${scenario.name}, ${scenario.nodes} nodes: ${problem}`),
    );
  }
  if (found.length > 0) console.error(`\nseed ${seed} is not as it should be:\n${found.join("\n")}`);
  return found.length === 0;
}

if (import.meta.main) {
  try {
    if (!await main([...Deno.args])) Deno.exit(1);
  } catch (reason) {
    if (!(reason instanceof SyntaxError) && !(reason instanceof TypeError)) throw reason;
    console.error(`${reason.message}\nusage: ${USAGE}`);
    Deno.exit(2);
  }
}
