import type { CallOptions } from "../core/call_options.ts";
import { deadline } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import { SECOND_MS } from "../core/units.ts";
import type { Member } from "../routing/members.ts";
import type { PeerClient, PeerListener } from "../trust/peer_client.ts";
import type { PeerCheck, PeerChecksReport } from "./node_status.ts";

/** What {@linkcode PeerChecks} works with. */
export interface PeerChecksComponents {
  /** Returns the other nodes. */
  members(): Iterable<Pick<Member, "id" | "hosts">>;
  /** Asks another node, as this node does for content: with all that the nodes share. */
  client: Pick<PeerClient, "fetch">;
  /** Has another node ask this one; not there where nodes cannot be told anything. */
  askBack?(id: string, options: CallOptions): Promise<NonNullable<PeerCheck["back"]>>;
}

/** How many nodes are asked. */
const PEERS_MAX = 8;
/** How long one may take, in milliseconds. */
const TIMEOUT_MS = 3 * SECOND_MS;
/** How long the last result is told again, in milliseconds: whoever asks often must not make this node ask often. */
const FRESH_MS = 3 * SECOND_MS;

/** Finds out whether other nodes are reached from here, take this one for one of theirs, and reach it. */
export class PeerChecks {
  readonly #components: PeerChecksComponents;
  #last: Promise<PeerChecksReport> | undefined;
  #freshUntilMs = 0;

  /** @param components What is asked. */
  constructor(components: PeerChecksComponents) {
    this.#components = components;
  }

  /** Asks some nodes, chosen by chance. All who call meanwhile get the same result. */
  run(): Promise<PeerChecksReport> {
    if (this.#last === undefined || performance.now() >= this.#freshUntilMs) {
      this.#last = this.#run();
      this.#freshUntilMs = Infinity; // until it is done
      this.#last.finally(() => this.#freshUntilMs = performance.now() + FRESH_MS).catch(() => {});
    }
    return this.#last;
  }

  async #run(): Promise<PeerChecksReport> {
    const members = [...this.#components.members()];
    const chosen: typeof members = [];
    while (chosen.length < PEERS_MAX && members.length > 0) {
      chosen.push(...members.splice(Math.floor(Math.random() * members.length), 1));
    }
    return { checks: await Promise.all(chosen.map(({ id, hosts }) => this.#check({ id, host: hosts[0] ?? "" }))) };
  }

  async #check(peer: PeerListener): Promise<PeerCheck> {
    const signal = deadline(TIMEOUT_MS);
    const back = this.#components.askBack?.(peer.id, { signal })
      .catch((reason) => ({ reached: false, detail: errorMessage(reason) }));
    const check = await this.#ask(peer, signal);
    return { ...check, ...(back ? { back: await back } : {}) };
  }

  async #ask({ id, host }: PeerListener, signal: AbortSignal): Promise<PeerCheck> {
    const startMs = Date.now();
    try {
      const response = await this.#components.client.fetch({ id, host }, "/v2/", { signal });
      const nowMs = (startMs + Date.now()) / 2;
      await response.body?.cancel();
      const dateMs = Date.parse(response.headers.get("date") ?? "");
      const skew = Number.isNaN(dateMs) ? {} : { skewMs: Math.round(dateMs - nowMs) };
      if (response.ok) return { id, host, result: "ok", ...skew };
      return { id, host, result: "refused", detail: `status ${response.status}`, ...skew };
    } catch (reason) {
      return { id, host, result: "failed", detail: errorMessage(reason) };
    }
  }
}
