import { getLogger } from "@logtape/logtape";
import { LRUCache } from "lru-cache";
import { MINUTE_MS } from "../core/units.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Digest } from "../oci/digest.ts";
import type { IngestReader } from "../store/ingest.ts";
import { BlobCheck, type BlobCheckSpan } from "./blob_check.ts";
import type { BodyCheck } from "./body_check.ts";
import type { ExhaustedContent } from "./exhausted.ts";
import { HashStates } from "./hash_states.ts";
import { hashPrefix } from "./hash_prefix.ts";
import type { PeerReputation } from "./peer_reputation.ts";

/** How long content that could not be checked counts as such: by then its download has ended, which checks it. */
const UNVERIFIED_MS = 10 * MINUTE_MS;

const logger = getLogger(["peili", "transfer"]);

/** What {@linkcode BlobVerifier} works with. */
export interface BlobVerifierComponents {
  /** Hears who gave wrong bytes. */
  reputation: PeerReputation;
  /** Hears what is left to upstream, as its bytes were wrong. */
  exhausted: ExhaustedContent;
  /** Counts wrong bodies. */
  metrics: Metrics;
  /** Reads what containerd got already, to check a body that does not start at the first byte. @default nothing */
  ingests?: IngestReader;
}

/** Who else is told what {@linkcode BlobVerifier} finds. */
export interface BlobVerifierOptions {
  /** Hears of every wrong body, and of all who gave bytes of it. */
  onMismatch?: (digest: Digest, sources: readonly string[]) => void;
}

/**
 * Checks blobs while they are relayed.
 *
 * A body that starts at the first byte is hashed as it passes, and the rest of one that ended early goes on with the
 * hash of what came before. A body that starts elsewhere is preceded by the beginning as containerd has stored it, or
 * else cannot be checked. When the bytes are wrong, everybody who gave some is suspect: which of them lied is not known.
 */
export class BlobVerifier {
  readonly #components: BlobVerifierComponents;
  readonly #options: BlobVerifierOptions;
  readonly #states = new HashStates();
  readonly #unverified = new LRUCache<Digest, true>({ max: 1_000, ttl: UNVERIFIED_MS, ttlResolution: 0 });

  constructor(components: BlobVerifierComponents, options: BlobVerifierOptions = {}) {
    this.#components = components;
    this.#options = options;
  }

  /**
   * Returns whether this node passed on bytes of the blob to its containerd that it could not check: what containerd
   * has of it must not be given to peers before it is complete.
   */
  unverified(digest: Digest): boolean {
    return this.#unverified.has(digest);
  }

  /** Notes that containerd gets the blob from somewhere else, past this node. */
  skip(digest: Digest): void {
    this.#unverified.set(digest, true);
  }

  /**
   * Checks one body.
   *
   * @param span The body: from its first byte to the end of the blob.
   * @param sources Returns who gave bytes of it so far.
   */
  check(span: BlobCheckSpan, sources: () => Iterable<string>): BodyCheck {
    const { digest, start } = span;
    return new BlobCheck(span, {
      states: this.#states,
      sources,
      prefix: () => hashPrefix(this.#components.ingests, digest, { length: start }),
      onVerifiable: (verifiable) => this.#note(span, verifiable),
      onMismatch: (found) => this.#mismatch(digest, found),
    });
  }

  #note({ digest, start }: BlobCheckSpan, verifiable: boolean): void {
    if (!verifiable) {
      this.#unverified.set(digest, true);
      this.#components.metrics.unverifiedBodies.inc();
      logger.info("Cannot check {digest} from byte {start} on: its beginning is not known", { digest, start });
    } else if (start === 0) this.#unverified.delete(digest); // all of it comes anew
  }

  #mismatch(digest: Digest, sources: readonly string[]): void {
    const { reputation, exhausted, metrics } = this.#components;
    for (const source of sources) reputation.lied(source, digest);
    exhausted.addWrong(digest);
    metrics.wrongBodies.inc();
    logger.warn("Wrong bytes for {digest}, given by {sources}: upstream has to give it for a while", {
      digest,
      sources: sources.join(", "),
    });
    this.#options.onMismatch?.(digest, sources);
  }
}
