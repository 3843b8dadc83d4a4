/**
 * Runs the protocol of flights with many nodes on a simulated clock: `deno task simulate`. Prints a table, and the seed
 * that gives the same runs again.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type Outcome, type Scenario, ScenarioRun } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

const USAGE = "deno task simulate [--seed=<number>] [--nodes=100,1000] [--only=<part of a name>]";
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
  return `| ${scenario.name.padEnd(42)} | ${String(scenario.nodes).padStart(5)} | ${cells.join(" | ")} |`;
}

async function main(args: string[]): Promise<void> {
  const { seed, nodes, only } = parse(args);
  console.log(`seed ${seed}\n`);
  console.log(`| ${"scenario".padEnd(42)} | nodes | ${COLUMNS.map(([title]) => title).join(" | ")} |`);
  console.log(`|${"-".repeat(44)}|-------|${COLUMNS.map(([title]) => "-".repeat(title.length + 2)).join("|")}|`);
  for (const scenario of nodes.flatMap(scenarios).filter(({ name }) => name.includes(only))) {
    console.log(row(scenario, await new ScenarioRun(scenario, seed).run()));
  }
}

if (import.meta.main) {
  try {
    await main([...Deno.args]);
  } catch (reason) {
    if (!(reason instanceof SyntaxError) && !(reason instanceof TypeError)) throw reason;
    console.error(`${reason.message}\nusage: ${USAGE}`);
    Deno.exit(2);
  }
}
