import { type BytesKey, bytesKey } from "./bytes_key.ts";
import { contentId } from "./content_id.ts";

/** What {@linkcode Withdrawals} works with. */
export interface WithdrawalsComponents {
  /** Tells every connected Peili node. */
  tell(multihashes: readonly Uint8Array[]): Promise<void>;
}

/** How long withdrawals are collected, in milliseconds: those of one image go together. */
const COALESCE_MS = 100;
/** How many one message tells. */
const PER_MESSAGE = 1_000;

/**
 * Tells other Peili nodes which keys this one does not have any more, as the DHT knows no such message.
 *
 * Nobody has to hear of it: records expire, and a node that is asked in vain says 404.
 */
export class Withdrawals implements Disposable {
  readonly #components: WithdrawalsComponents;
  readonly #pending = new Map<BytesKey, Uint8Array>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(components: WithdrawalsComponents) {
    this.#components = components;
  }

  /** Has keys told soon. */
  add(keys: Iterable<string>): void {
    for (const key of keys) {
      const { multihash } = contentId(key);
      this.#pending.set(bytesKey(multihash), multihash);
    }
    if (this.#pending.size > 0) this.#timer ??= setTimeout(() => this.#flush(), COALESCE_MS);
  }

  /** Keys that are back before it was told that they are gone. */
  cancel(keys: Iterable<string>): void {
    if (this.#pending.size === 0) return;
    for (const key of keys) this.#pending.delete(bytesKey(contentId(key).multihash));
  }

  async #flush(): Promise<void> {
    this.#timer = undefined;
    const multihashes = [...this.#pending.values()];
    this.#pending.clear();
    for (let start = 0; start < multihashes.length; start += PER_MESSAGE) {
      await this.#components.tell(multihashes.slice(start, start + PER_MESSAGE));
    }
  }

  /** Tells nothing more. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#pending.clear();
  }
}
