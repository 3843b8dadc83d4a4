import type { Digest } from "../src/oci/digest.ts";
import type { NamedBlob } from "./image.ts";
import { bar } from "./screen/bar.ts";
import { formatBytes } from "./screen/format.ts";
import type { Live } from "./screen/screen.ts";
import type { Style } from "./screen/style.ts";

/** The width of a bar in characters. */
const BAR_WIDTH = 32;

/** How far one blob is. */
interface BlobProgress extends NamedBlob {
  received: number;
  startMs: number;
  endMs: number;
  note: string;
}

/** How far a pull is, blob by blob. */
export class PullProgress implements Live {
  readonly #blobs: Map<Digest, BlobProgress>;

  /** @param content Everything that is pulled. */
  constructor(content: readonly NamedBlob[]) {
    this.#blobs = new Map(
      content.map((blob) => [blob.digest, { ...blob, received: 0, startMs: 0, endMs: 0, note: "" }]),
    );
  }

  /** Notes how many bytes of a blob are there; of content that is not pulled nothing is noted. */
  update(digest: Digest, received: number): void {
    const blob = this.#blobs.get(digest);
    if (!blob || received <= blob.received) return;
    blob.startMs ||= performance.now();
    blob.endMs = performance.now();
    blob.received = received;
  }

  /** How many bytes are there, of how many. */
  get total(): { received: number; size: number } {
    const total = { received: 0, size: 0 };
    for (const { received, size } of this.#blobs.values()) {
      [total.received, total.size] = [total.received + received, total.size + size];
    }
    return total;
  }

  /** Puts a remark beside a blob. */
  note(digest: Digest, note: string): void {
    const blob = this.#blobs.get(digest);
    if (blob) blob.note = note;
  }

  /** Returns how long the bytes of a blob took, from the first ones to the last ones. */
  durationMs(digest: Digest): number {
    const blob = this.#blobs.get(digest);
    return blob ? blob.endMs - blob.startMs : 0;
  }

  /** As {@linkcode Live} says. */
  lines(style: Style): string[] {
    return [...this.#blobs.values()].map(({ name, size, received, note }) => {
      const share = received / size;
      const text = `    ${name.padEnd(8)} ${formatBytes(size).padStart(10)}  ${style.accent(bar(share, BAR_WIDTH))}`;
      return `${text} ${`${Math.floor(100 * share)}`.padStart(3)} %  ${style.bad(note)}`;
    });
  }

  /** As {@linkcode Live} says. */
  summary(): string {
    const { received, size } = this.total;
    const notes = [...this.#blobs.values()].flatMap(({ name, note }) => note === "" ? [] : [`, ${name}: ${note}`]);
    return `    ${formatBytes(received)} of ${formatBytes(size)}${notes.join("")}`;
  }
}
