import type { Scenario, ScenarioRun } from "./scenario.ts";

/** Kills each of these nodes at a time of its own. */
function killSome(run: ScenarioRun, { share, from, to }: { share: number; from: number; to: number }): void {
  const ids = [...run.cluster.nodes.keys()];
  const { chance } = run.cluster;
  for (const id of chance.sample(ids, Math.round(ids.length * share))) {
    const how = chance.chance(0.5) ? "closed" : "silent";
    run.at(from + chance.below(1_000) / 1_000 * (to - from), () => run.cluster.kill(id, how));
  }
}

/** Returns the scenarios with so many nodes each. */
export function scenarios(nodes: number): Scenario[] {
  return [
    { name: "all at once", nodes },
    { name: "all at once, three zones", nodes, zones: 3 },
    { name: "links only twice as fast as upstream", nodes, linkBytesPerSecond: 20e6 },
    { name: "the first MiB takes longer than 3 s", nodes, layersMib: [8], upstreamBytesPerSecond: 0.3e6 },
    {
      name: "lead dies in the middle",
      nodes,
      plan: (run) => run.at(3.4, () => run.leads().forEach(({ id }) => run.cluster.kill(id, "closed"))),
    },
    {
      name: "lead falls silent in the middle",
      nodes,
      plan: (run) => run.at(3.4, () => run.leads().forEach(({ id }) => run.cluster.kill(id, "silent"))),
    },
    {
      name: "upstream refuses the lead in the middle",
      nodes,
      plan: (run) => run.at(3.4, () => run.leads().forEach(({ id }) => run.cluster.refusedUpstream.add(id))),
    },
    {
      name: "upstream refuses everybody",
      nodes,
      plan: (run) => run.at(0, () => run.cluster.nodes.forEach(({ id }) => run.cluster.refusedUpstream.add(id))),
    },
    {
      name: "coordinator dies in the middle",
      nodes,
      plan: (run) => run.at(3.4, () => run.cluster.kill(run.coordinator().id, "closed")),
    },
    {
      name: "coordinator and lead fall silent",
      nodes,
      plan: (run) =>
        run.at(3.4, () => {
          run.cluster.kill(run.coordinator().id, "silent");
          run.leads().forEach(({ id }) => run.cluster.kill(id, "silent"));
        }),
    },
    { name: "a fifth of the nodes dies", nodes, plan: (run) => killSome(run, { share: 0.2, from: 0.5, to: 6 }) },
    {
      name: "half as many join in the middle",
      nodes,
      plan: (run) => {
        for (let count = 0; count < nodes / 2; count++) run.at(1 + 6 * count / nodes, () => run.join(`late-${count}`));
      },
    },
    {
      name: "half as many join just after",
      nodes,
      plan: (run) => {
        for (let count = 0; count < nodes / 2; count++) run.at(8 + count / nodes, () => run.join(`late-${count}`));
      },
    },
    {
      name: "a partition from the middle on",
      nodes,
      plan: (run) => run.at(2, () => run.cluster.network.partition((id) => Number(id.at(-1)) % 2)),
    },
    {
      name: "a partition that heals",
      nodes,
      layersMib: [256],
      plan: (run) => {
        run.at(2, () => run.cluster.network.partition((id) => Number(id.at(-1)) % 2));
        run.at(14, () => run.cluster.network.heal());
      },
    },
    {
      name: "a node in the tree stops writing",
      nodes,
      plan: (run) => {
        run.at(2, () => {
          const parents = new Set([...run.cluster.nodes.values()].flatMap(({ reading }) => [...reading.values()]));
          const stuck = [...parents].map((id) => run.cluster.nodes.get(id)!).find(({ upstream }) =>
            upstream.size === 0
          );
          if (!stuck) return;
          stuck.stuck = true;
          run.at(40, () => run.cluster.kill(stuck.id, "closed"));
        });
      },
    },
    { name: "twelve equal layers", nodes, layersMib: Array(12).fill(8) },
    {
      name: "twelve layers in opposite order",
      nodes,
      layersMib: Array(12).fill(8),
      order: (layers, index) => index % 2 === 0 ? layers : layers.reverse(),
    },
  ];
}
