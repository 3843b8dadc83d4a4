/**
 * Writes `deploy/kustomize` from the Helm chart: `deno task kustomize`.
 *
 * @module
 */
import { dirname } from "node:path";
import { kustomizeFiles } from "./kustomize.ts";
import { KUSTOMIZE_DIR } from "./render.ts";

if (import.meta.main) {
  const files = await kustomizeFiles();
  await Deno.remove(KUSTOMIZE_DIR, { recursive: true });
  for (const [path, text] of files) {
    await Deno.mkdir(dirname(`${KUSTOMIZE_DIR}/${path}`), { recursive: true });
    await Deno.writeTextFile(`${KUSTOMIZE_DIR}/${path}`, text);
  }
}
