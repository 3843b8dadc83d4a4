import type { ProgressState } from "./wire/flight_message.ts";

/** A member of a flight, as its coordinator sees it. */
export interface Participant {
  /** Its peer id. */
  readonly id: string;
  /** When it came, in the order of the flight's members. */
  readonly sequence: number;
  /** Its peer listeners, as `host:port`. */
  hosts: readonly string[];
  /** Where it stands; empty when it does not say. */
  zone: string;
  /** What it does. Nothing any more, once its state is `done`. */
  role: "lead" | "follow";
  /** The epoch in which it was last told what to do. */
  epoch: number;
  /** How far its download is. */
  state: ProgressState;
  /** How many bytes it has. */
  offset: number;
  /** The size of the whole in bytes: known once its ingest exists. */
  total: number | undefined;
  /** Whether others may read from it. */
  share: boolean;
  /** When it last got further, in milliseconds of the coordinator's clock. */
  movedMs: number;
  /** When it last claimed. */
  seenMs: number;
  /** When it counts as gone, unless it claims again. */
  expiresMs: number;
  /** Whom it reads from. */
  parent: string | undefined;
  /** Members that it found wanting: until when they are not named to it. */
  readonly avoids: Map<string, number>;
}

/** Returns whether somebody can read from it at once. */
export function isReady({ state, total }: Participant): boolean {
  return state === "done" || total !== undefined;
}

/** Returns whether the member has all of the content. */
export function isDone({ state }: Participant): boolean {
  return state === "done";
}
