/**
 * Brings a Go that builds the node of this folder onto a Debian machine without one: `deno run -A
 * tests/interop/setup.ts`. It is unpacked beside the machine's own packages, from the newest suites, which are reached
 * through the machine's own sources.
 *
 * @module
 */
import { unpackFromSuite } from "../integration/setup/unpack_from_suite.ts";
import { findGo, GO_MINOR_MIN, unpackedGoDir } from "./find_go.ts";

/** Debian suites that have new versions of Go, the most settled first. */
const SUITES = ["trixie-backports", "forky", "sid"];
/** How many versions newer than the oldest that will do are looked for. */
const NEWER_MAX = 3;

async function fetchGo(): Promise<string> {
  const reasons: unknown[] = [];
  for (const suite of SUITES) {
    for (let minor = GO_MINOR_MIN; minor <= GO_MINOR_MIN + NEWER_MAX; minor++) {
      const packages = [`golang-1.${minor}-go`, `golang-1.${minor}-src`];
      try {
        await unpackFromSuite({ suite, packages, target: unpackedGoDir() });
        const { program, missing } = await findGo();
        if (program !== undefined) return program;
        reasons.push(missing);
      } catch (reason) {
        reasons.push(reason);
      }
    }
  }
  throw new AggregateError(reasons, `Cannot fetch Go: no suite has it\n${reasons.join("\n")}`);
}

if (import.meta.main) {
  try {
    console.log(`Go is ${(await findGo()).program ?? await fetchGo()}`);
  } catch (reason) {
    console.error(reason instanceof Error ? reason.message : reason);
    Deno.exit(1);
  }
}
