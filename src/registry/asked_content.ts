import { LRUCache } from "lru-cache";
import { MINUTE_MS } from "../core/units.ts";
import type { Digest } from "../oci/digest.ts";
import { type Repository, repositoryName } from "../oci/reference.ts";

/** How long containerd may take to label what it pulled, in milliseconds: it does so when a whole layer is there. */
const ASKED_TTL_MS = 10 * MINUTE_MS;
/** How many objects are remembered: those of some hundred images. */
const ASKED_MAX = 10_000;

/** How {@linkcode AskedContent} tells objects apart. */
export interface AskedContentOptions {
  /** Whether it matters under which repository an object is asked for. @default {true} */
  matchRepository?: boolean;
}

/**
 * Remembers which objects this node's own containerd is getting under which repository, with the cluster's help.
 *
 * The store learns where content belongs only after it came: containerd labels a blob when its download is over. Until
 * then this tells that a peer which asks under the same repository may have it.
 */
export class AskedContent {
  readonly #asked = new LRUCache<string, true>({ max: ASKED_MAX, ttl: ASKED_TTL_MS, ttlResolution: 0 });
  readonly #matchRepository: boolean;

  constructor(options: AskedContentOptions = {}) {
    this.#matchRepository = options.matchRepository ?? true;
  }

  /** Notes that an object is on its way under a repository. */
  add(repository: Repository, digest: Digest): void {
    this.#asked.set(this.#objectName(repository, digest), true);
  }

  /** Returns whether an object was on its way a while ago, under this repository or one that is as good. */
  has(repository: Repository, digest: Digest): boolean {
    return this.#asked.has(this.#objectName(repository, digest));
  }

  #objectName(repository: Repository, digest: Digest): string {
    return this.#matchRepository ? `${repositoryName(repository)}@${digest}` : digest;
  }
}
