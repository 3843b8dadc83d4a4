import type { Outcome, Scenario } from "./scenario.ts";

/** Returns what must not have happened in a run, in words; nothing when all went as it should. */
export function problemsOf({ allow = {}, nodes }: Scenario, outcome: Outcome): string[] {
  const { copies = 1.02, times = 1.2, sides, lost = 0 } = allow;
  const leads = allow.leads ?? (sides === undefined ? 1 : sides + 1);
  const limitSeconds = times * outcome.aloneSeconds;
  const found: (string | false)[] = [
    outcome.hanging > 0 && `${outcome.hanging} nodes wait for ever`,
    outcome.cycles > 0 && `nodes read in a circle, ${outcome.cycles} times`,
    outcome.maxLeads > leads && `${outcome.maxLeads} nodes read from upstream at a time`,
    outcome.failed > lost && `${outcome.failed} pulls failed`,
    outcome.complete < nodes - lost && `${outcome.complete} pulls are complete`,
    outcome.copies > copies && `upstream sent ${outcome.copies.toFixed(3)} copies`,
    outcome.seconds > limitSeconds && `it took ${outcome.seconds.toFixed(1)} s, not ${limitSeconds.toFixed(1)}`,
  ];
  return found.filter((problem) => problem !== false);
}
