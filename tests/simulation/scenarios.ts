import { churn, killSome, part, slowOne, stickSome } from "./breakdowns.ts";
import type { Scenario } from "./scenario.ts";

/** Twelve layers, each small beside the whole. */
const TWELVE_MIB: readonly number[] = Array(12).fill(8);

/** Returns all scenarios, with so many nodes each. */
export function scenarios(nodes: number): Scenario[] {
  const all = [
    ...withoutFaults(),
    ...lostNodes(nodes),
    ...upstreamFaults(nodes),
    ...comingAndGoing(nodes),
    ...partitions(),
  ];
  return all.map((scenario) => ({ nodes, ...scenario }));
}

type Case = Omit<Scenario, "nodes">;

function withoutFaults(): Case[] {
  return [
    { name: "all at once" },
    { name: "all at once, three zones", zones: 3 },
    { name: "links only twice as fast as upstream", linkBytesPerSecond: 20e6, allow: { times: 1.3 } },
    { name: "the first MiB takes longer than 3 s", layersMib: [8], upstreamBytesPerSecond: 0.3e6 },
    { name: "twelve equal layers", layersMib: TWELVE_MIB },
    {
      name: "twelve layers in opposite order",
      layersMib: TWELVE_MIB,
      order: (layers, index) => index % 2 === 0 ? layers : layers.reverse(),
      allow: { copies: 1.1, times: 1.4 },
    },
  ];
}

function lostNodes(nodes: number): Case[] {
  return [
    {
      name: "lead dies in the middle",
      plan: (run) => run.at(3.4, () => run.leads().forEach(({ id }) => run.cluster.kill(id, "closed"))),
      allow: { copies: 1.05, times: 1.4, lost: 1 },
    },
    {
      name: "lead falls silent in the middle",
      plan: (run) => run.at(3.4, () => run.leads().forEach(({ id }) => run.cluster.kill(id, "silent"))),
      allow: { copies: 1.05, times: 1.7, lost: 1 },
    },
    {
      name: "coordinator dies in the middle",
      plan: (run) => run.at(3.4, () => run.cluster.kill(run.coordinator().id, "closed")),
      allow: { copies: 1.05, times: 1.4, lost: 1 },
    },
    {
      name: "coordinator and lead fall silent",
      plan: (run) =>
        run.at(3.4, () => {
          run.cluster.kill(run.coordinator().id, "silent");
          run.leads().forEach(({ id }) => run.cluster.kill(id, "silent"));
        }),
      allow: { copies: 1.05, times: 1.9, lost: 2 },
    },
    {
      name: "a fifth of the nodes dies",
      plan: (run) => killSome(run, { share: 0.2, from: 0.5, to: 6 }),
      allow: { copies: 1.6, times: 2.5, lost: nodes / 5, sides: 1 },
    },
    {
      name: "a node in the tree stops writing",
      plan: (run) => stickSome(run, { count: 1, from: 2, to: 42 }),
      allow: { times: 2.5, lost: 1 },
    },
    {
      // It is itself the last one, and takes 1.5 s for each of some fifty pieces that it lacks.
      name: "a node in the tree writes slowly",
      plan: (run) => slowOne(run, { from: 2, stepMs: 1_500 }),
      allow: { copies: 1.1, times: 13 }, // others have forgotten by then that they have all of it
    },
    {
      name: "a tenth of those who are read from stop",
      plan: (run) => stickSome(run, { count: Math.ceil(nodes / 20), from: 2, to: 42 }),
      allow: { times: 3, lost: Math.ceil(nodes / 20) },
    },
  ];
}

function upstreamFaults(nodes: number): Case[] {
  return [
    {
      name: "upstream refuses the lead in the middle",
      plan: (run) => run.at(3.4, () => run.leads().forEach(({ id }) => run.cluster.refusedUpstream.add(id))),
      allow: { copies: 1.05, times: 1.4, lost: 1 },
    },
    {
      name: "upstream refuses everybody",
      plan: (run) => run.cluster.upstreamRefuses = true,
      allow: { lost: nodes, leads: nodes },
    },
    {
      name: "upstream refuses everybody for 12 s",
      retries: 4,
      plan: (run) => {
        run.cluster.upstreamRefuses = true;
        run.at(12, () => run.cluster.upstreamRefuses = false);
      },
      allow: { copies: 2, times: 4, leads: nodes },
    },
    {
      name: "upstream refuses everybody in the middle",
      retries: 4,
      plan: (run) => {
        run.at(3, () => run.cluster.upstreamRefuses = true);
        run.at(9, () => run.cluster.upstreamRefuses = false);
      },
      allow: { copies: 2, times: 4, leads: nodes },
    },
  ];
}

function comingAndGoing(nodes: number): Case[] {
  return [
    {
      name: "half as many join in the middle",
      plan: (run) => {
        for (let count = 0; count < nodes / 2; count++) run.at(1 + 6 * count / nodes, () => run.join(`late-${count}`));
      },
    },
    {
      name: "half as many join just after",
      plan: (run) => {
        for (let count = 0; count < nodes / 2; count++) run.at(8 + count / nodes, () => run.join(`late-${count}`));
      },
      allow: { times: 1.6 },
    },
    {
      name: "a fifth leaves and as many come",
      plan: (run) => churn(run, { count: nodes / 5, from: 0.5, to: 8 }),
      allow: { copies: 2.1, times: 3, lost: nodes / 5, sides: 1 },
    },
    {
      name: "twelve layers, a fifth leaves, others come",
      layersMib: TWELVE_MIB,
      plan: (run) => churn(run, { count: nodes / 5, from: 0.5, to: 11 }),
      allow: { copies: 1.6, times: 3, lost: nodes / 5, sides: 1 },
    },
  ];
}

/**
 * A side without the lead goes on by itself, once it knows that it is one: nobody is heard of for 8 s. Leads are bounded
 * by the number of sides plus one, and so are copies.
 */
function partitions(): Case[] {
  return [
    {
      name: "a partition from the middle on",
      plan: (run) => part(run, { sides: 2, from: 2, to: Infinity }),
      allow: { copies: 3, times: 3, sides: 2 },
    },
    {
      name: "a partition that heals",
      layersMib: [256],
      plan: (run) => part(run, { sides: 2, from: 2, to: 14 }),
      allow: { copies: 3, times: 3, sides: 2 },
    },
    {
      name: "three sides that heal",
      layersMib: [128],
      plan: (run) => part(run, { sides: 3, from: 2, to: 20 }),
      allow: { copies: 4, times: 4, sides: 3 },
    },
    {
      name: "a partition that is over before it is noticed",
      plan: (run) => part(run, { sides: 2, from: 2, to: 5 }),
      allow: { copies: 3, times: 3, sides: 2 },
    },
    {
      name: "a partition that comes and goes",
      layersMib: [256],
      plan: (run) => {
        part(run, { sides: 2, from: 2, to: 13 });
        part(run, { sides: 2, from: 18, to: 29 });
      },
      allow: { copies: 4, times: 4, sides: 3 }, // each of the two partitions makes one side more
    },
  ];
}
