import type { Handler } from "../http/listener.ts";
import { parseDistributionPath } from "../oci/distribution_path.ts";

/** A pull that `peili doctor` has containerd make, seen by the listener that it is meant to arrive at. */
export interface Probe {
  /** The registry that containerd was asked to pull from. */
  registry: string;
  /** The repository, with a part that is new every time. */
  repository: string;
  /** When it arrived, in milliseconds since 1970. */
  atMs: number;
}

/** What the repositories of probes begin with. Nobody has such images. */
export const PROBE_PREFIX = "peili-probe/";

/** The most probes that are remembered. */
const PROBES_MAX = 16;

/** Remembers the probes that arrived, and answers them at once: they are neither looked up nor counted. */
export class ProbeLog {
  readonly #probes: Probe[] = [];

  /** The probes, the latest last. */
  get probes(): readonly Probe[] {
    return this.#probes;
  }

  /** Returns a handler that answers probes itself. */
  watch(handler: Handler): Handler {
    return (request, info) => this.#isProbe(request) ? new Response(null, { status: 404 }) : handler(request, info);
  }

  #isProbe({ url }: Request): boolean {
    if (!url.includes(`/v2/${PROBE_PREFIX}`)) return false;
    try {
      const { registry, repository } = parseDistributionPath(new URL(url));
      if (!repository.startsWith(PROBE_PREFIX)) return false;
      this.#probes.push({ registry, repository, atMs: Date.now() });
      if (this.#probes.length > PROBES_MAX) this.#probes.shift();
      return true;
    } catch {
      return false; // the registry says what is wrong with it
    }
  }
}
