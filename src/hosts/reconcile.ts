import { join } from "node:path";
import type { Kept } from "./absorb.ts";
import { identifyNode, modeOf, type NewNode } from "./new_node.ts";
import type { Plan, Rename } from "./plan.ts";

/**
 * Works out how a path gets from what is left there of ours to what is to be there.
 *
 * A file is replaced by renaming the new one over it, so whoever reads it finds one of the two, whole. What is right
 * already is not touched.
 *
 * @param path Where it is.
 * @param kept What is there; everything else is gone when the steps are taken.
 * @param wanted What is to be there.
 */
export async function reconcile(
  plan: Plan,
  path: string,
  kept: Kept | undefined,
  wanted: NewNode | undefined,
): Promise<Rename[]> {
  if (!wanted) return kept ? [{ from: path, to: plan.trash() }] : [];
  if (!kept) return [{ from: plan.stage(wanted), to: path }];
  if (kept.children && wanted.kind === "directory") return await reconcileChildren(plan, path, kept.children, wanted);
  if (kept.children || wanted.kind === "directory") {
    return [{ from: path, to: plan.trash() }, { from: plan.stage(wanted), to: path }];
  }
  const mode = modeOf(wanted);
  const right = kept.identity === await identifyNode(wanted) && (mode === undefined || mode === kept.mode);
  return right ? [] : [{ from: plan.stage(wanted), to: path }];
}

async function reconcileChildren(
  plan: Plan,
  path: string,
  kept: ReadonlyMap<string, Kept>,
  wanted: { children: ReadonlyMap<string, NewNode> },
): Promise<Rename[]> {
  const renames: Rename[] = [];
  const unwanted = [...kept.keys()].filter((name) => !wanted.children.has(name));
  for (const name of [...wanted.children.keys(), ...unwanted]) {
    renames.push(...await reconcile(plan, join(path, name), kept.get(name), wanted.children.get(name)));
  }
  return renames;
}
