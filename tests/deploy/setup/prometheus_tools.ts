import { CONTAINERD_SOURCES, toolsDir } from "../../integration/setup/tools.ts";
import { unpackFromSuite } from "../../integration/setup/unpack_from_suite.ts";

const PROGRAMS = ["prometheus", "promtool"] as const;

/** Returns the path of a program of Prometheus. */
export function prometheusTool(name: (typeof PROGRAMS)[number]): string {
  return `${toolsDir()}/prometheus/usr/bin/${name}`;
}

/** Returns the programs that are not there. */
export async function missingPrometheus(): Promise<string[]> {
  const found = await Promise.all(
    PROGRAMS.map((name) => Deno.stat(prometheusTool(name)).then(() => true, () => false)),
  );
  return PROGRAMS.filter((_, index) => !found[index]);
}

/** Unpacks Prometheus beside the machine's own packages: nothing of it runs by itself. */
export async function fetchPrometheus(): Promise<void> {
  if ((await missingPrometheus()).length === 0) return;
  const [suite = ""] = CONTAINERD_SOURCES["1.6"].suites;
  await unpackFromSuite({ packages: ["prometheus"], suite, target: `${toolsDir()}/prometheus` });
}
