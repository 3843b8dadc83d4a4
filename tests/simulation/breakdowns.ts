import type { ScenarioRun } from "./scenario.ts";

/** From when to when something happens, in seconds. */
export interface Period {
  from: number;
  to: number;
}

/** Kills each of a share of the nodes at a time of its own. */
export function killSome(run: ScenarioRun, { share, from, to }: Period & { share: number }): void {
  const ids = [...run.cluster.nodes.keys()];
  const { chance } = run.cluster;
  for (const id of chance.sample(ids, Math.round(ids.length * share))) {
    const how = chance.chance(0.5) ? "closed" : "silent";
    run.at(from + chance.below(1_000) / 1_000 * (to - from), () => run.cluster.kill(id, how));
  }
}

/** Has so many nodes leave, one after the other, and as many new ones come. */
export function churn(run: ScenarioRun, { count, from, to }: Period & { count: number }): void {
  const { cluster } = run;
  for (let index = 0; index < count; index++) {
    run.at(from + (to - from) * index / count, () => {
      const alive = [...cluster.nodes.values()].filter((node) => node.alive).map(({ id }) => id);
      const [leaving] = cluster.chance.sample(alive, 1);
      if (leaving) cluster.kill(leaving, cluster.chance.chance(0.5) ? "closed" : "silent");
      run.join(`new-${index}`);
    });
  }
}

/** Parts the nodes into so many sides for a while. */
export function part(run: ScenarioRun, { sides, from, to }: Period & { sides: number }): void {
  const { network } = run.cluster;
  run.at(from, () => network.partition((id) => Number(id.at(-1)) % sides));
  if (Number.isFinite(to)) run.at(to, () => network.heal());
}

/** Has so many nodes that others read from write nothing any more, and die in the end. */
export function stickSome(run: ScenarioRun, { count, from, to }: Period & { count: number }): void {
  run.at(from, () => {
    for (const node of run.cluster.chance.sample(run.parents(), count)) {
      node.stuck = true;
      run.at(to - from, () => run.cluster.kill(node.id, "closed"));
    }
  });
}

/** Has one node that others read from write slowly from a time on. */
export function slowOne(run: ScenarioRun, { from, stepMs }: { from: number; stepMs: number }): void {
  run.at(from, () => {
    for (const node of run.cluster.chance.sample(run.parents(), 1)) node.stepMs = stepMs;
  });
}
