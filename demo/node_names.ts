import { readLog } from "./node_log.ts";
import type { DemoNode } from "./world.ts";

/** What a node says in its log when it serves, with its peer id and addresses beside it. */
const SERVING = "Serving ";

/** Finds the names of nodes by their peer ids, which their logs tell. */
export async function nodeNames(nodes: readonly DemoNode[]): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const { name, logPath } of nodes) {
    for (const { msg, id } of await readLog(logPath)) {
      if (msg.startsWith(SERVING) && typeof id === "string") names.set(id, name);
    }
  }
  return names;
}
