import * as v from "valibot";
import { type Digest, isDigest } from "../../oci/digest.ts";
import { MEMBER_MESSAGE_MAX_BYTES } from "../../routing/members.ts";
import type { SourceFailure } from "../flight_gate.ts";

/** The protocol of {@linkcode FlightMessage}, with its version. */
export const FLIGHT_PROTOCOL = "/peili/flight/1";

/**
 * How far a member's own download is: not begun, begun without a byte, growing, complete; `failed` when it ended without
 * its content, `left` when the member takes no part any more.
 */
export type ProgressState = "none" | "queued" | "growing" | "done" | "failed" | "left";

/** What a member tells the coordinator of a digest, and so asks what to do. */
export interface Claim {
  /** What is being downloaded. */
  digest: Digest;
  /** Whether a client of the member wants it just now, so that the member would join. */
  join: boolean;
  /** What the member does: `none` when it only reports. */
  role: "lead" | "follow" | "none";
  /** How far its download is. */
  state: ProgressState;
  /** How many bytes it has. */
  offset: number;
  /** The size of the whole in bytes, once it knows it. */
  total: number | undefined;
  /** The latest epoch that it knows; 0 for none. */
  epoch: number;
  /** The member that it reads from. */
  parent: string | undefined;
  /** Members that it found wanting. */
  failures: readonly ClaimFailure[];
  /** Whether others may read its ingest. */
  share: boolean;
  /** Where it stands. */
  zone: string;
  /** Its peer listeners, as `host:port`. */
  hosts: readonly string[];
  /** Set by a coordinator that passes the claim on: whose it is. Such a claim is answered, never passed on again. */
  origin: string | undefined;
}

/** A member that a claim complains of. */
export interface ClaimFailure {
  /** Its peer id. */
  member: string;
  /** What is wrong with it. */
  why: SourceFailure;
}

/** Somebody to read from. */
export interface Source {
  /** Its peer id. */
  id: string;
  /** Its peer listeners, as `host:port`. */
  hosts: readonly string[];
  /** How far its download was when it last told. */
  state: ProgressState;
  /** How many bytes it had then. */
  offset: number;
  /** The size of the whole in bytes, once it told it: its ingest exists from then on. */
  total: number | undefined;
}

/** What the coordinator says. */
export interface Answer {
  /** `noted` answers claims that ask for nothing. */
  verdict: "lead" | "follow" | "found" | "noted";
  /** The epoch of the flight: one more with every lead that is put in place of another. */
  epoch: number;
  /** When to claim again, in milliseconds. */
  againMs: number;
  /** Whom to read from, the best first. */
  sources: readonly Source[];
  /** Whether the parent that the claim named may be kept although it is not among the sources. */
  keep: boolean;
}

/** A message of the flight protocol. */
export type FlightMessage =
  | { kind: "claim"; claim: Claim }
  /** A coordinator has news for a member: it should claim now. */
  | { kind: "wake"; digest: Digest }
  /** A coordinator that knows nothing of a digest asks the one that would have been in its place before. */
  | { kind: "recall"; digest: Digest };

/** A member of a flight, as one coordinator tells the next. */
export interface RecalledMember extends Source {
  /** Where it stands. */
  zone: string;
  /** What it does. */
  role: "lead" | "follow";
  /** Whom it reads from. */
  parent: string | undefined;
  /** For how long it is still remembered without a word of its own, in milliseconds. */
  leftMs: number;
}

/** What a coordinator tells the next. */
export interface Recollection {
  /** The epoch of the flight; 0 when it knows nothing of it. */
  epoch: number;
  /** Some of the members: who fetches, who has finished, who has room for others. */
  members: readonly RecalledMember[];
}

/** How many failures one claim tells. */
export const FAILURES_MAX = 16;
/** How many sources one answer names. */
export const SOURCES_MAX = 3;
/** How many members one coordinator tells the next of. */
export const RECALLED_MAX = 16;
/** How many hosts of a member are told. */
export const HOSTS_MAX = 8;
/** The longest time after which to claim again that is believed, in milliseconds. */
const AGAIN_MAX_MS = 60_000;

const PROGRESS_STATES = ["none", "queued", "growing", "done", "failed", "left"] as const;

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const digest = v.custom<Digest>((value) => typeof value === "string" && isDigest(value));
const hosts = v.optional(
  v.pipe(
    v.array(v.pipe(v.string(), v.maxLength(280))),
    v.maxLength(64),
    v.transform((all) => all.slice(0, HOSTS_MAX)),
  ),
  [],
);
/** Words of later versions are read as what they must at least mean: a download that there is. */
const state = v.fallback(v.picklist(PROGRESS_STATES), "queued");
const failure = v.object({ member: id, why: v.fallback(v.picklist(["missing", "bad", "lost", "full"]), "lost") });

const zone = v.optional(v.pipe(v.string(), v.maxLength(128)), "");

const CLAIM_SCHEMA = v.object({
  digest,
  join: v.optional(v.boolean(), false),
  role: v.fallback(v.picklist(["lead", "follow", "none"]), "follow"),
  state,
  offset: v.optional(count, 0),
  total: v.optional(count),
  epoch: v.optional(count, 0),
  parent: v.optional(id),
  failures: v.optional(
    v.pipe(v.array(failure), v.maxLength(256), v.transform((all) => all.slice(0, FAILURES_MAX))),
    [],
  ),
  share: v.optional(v.boolean(), true),
  zone,
  hosts,
  origin: v.optional(id),
});
const MESSAGE_SCHEMA = v.variant("kind", [
  v.object({ kind: v.literal("claim"), claim: CLAIM_SCHEMA }),
  v.object({ kind: v.literal("wake"), digest }),
  v.object({ kind: v.literal("recall"), digest }),
]);
const SOURCE_ENTRIES = { id, hosts, state, offset: v.optional(count, 0), total: v.optional(count) };
const SOURCE_SCHEMA = v.object(SOURCE_ENTRIES);
const RECOLLECTION_SCHEMA = v.object({
  epoch: v.optional(count, 0),
  members: v.pipe(
    v.array(v.object({
      ...SOURCE_ENTRIES,
      zone,
      role: v.fallback(v.picklist(["lead", "follow"]), "follow"),
      parent: v.optional(id),
      leftMs: v.pipe(v.number(), v.minValue(0)),
    })),
    v.maxLength(64),
    v.transform((all) => all.slice(0, RECALLED_MAX)),
  ),
});
const ANSWER_SCHEMA = v.object({
  verdict: v.picklist(["lead", "follow", "found", "noted"]),
  epoch: v.optional(count, 0),
  againMs: v.pipe(v.number(), v.minValue(1), v.transform((ms) => Math.min(ms, AGAIN_MAX_MS))),
  sources: v.optional(
    v.pipe(v.array(SOURCE_SCHEMA), v.maxLength(64), v.transform((all) => all.slice(0, SOURCES_MAX))),
    [],
  ),
  keep: v.optional(v.boolean(), false),
});

/** Writes a message as JSON. */
export function encodeMessage(message: FlightMessage): Uint8Array {
  return encode(message);
}

/**
 * Reads a message. Fields that are not known are ignored.
 *
 * @throws {SyntaxError} If it is malformed, or of a kind that is not known.
 */
export function decodeMessage(bytes: Uint8Array): FlightMessage {
  const result = v.safeParse(MESSAGE_SCHEMA, parseJson(bytes));
  if (!result.success) throw malformed("message", v.getDotPath(result.issues[0]));
  const message = result.output;
  if (message.kind !== "claim") return message;
  const { claim } = message;
  return { kind: "claim", claim: { ...claim, total: claim.total, parent: claim.parent, origin: claim.origin } };
}

/** Writes an answer as JSON. */
export function encodeAnswer(answer: Answer): Uint8Array {
  return encode(answer);
}

/**
 * Reads an answer. Fields that are not known are ignored.
 *
 * @throws {SyntaxError} If it is malformed, or has a verdict that is not known.
 */
export function decodeAnswer(bytes: Uint8Array): Answer {
  const result = v.safeParse(ANSWER_SCHEMA, parseJson(bytes));
  if (!result.success) throw malformed("answer", v.getDotPath(result.issues[0]));
  const { sources, ...answer } = result.output;
  return { ...answer, sources: sources.map((source) => ({ ...source, total: source.total })) };
}

/** Writes what one coordinator tells the next as JSON. */
export function encodeRecollection(recollection: Recollection): Uint8Array {
  return encode(recollection);
}

/**
 * Reads what another coordinator tells. Fields that are not known are ignored.
 *
 * @throws {SyntaxError} If it is malformed.
 */
export function decodeRecollection(bytes: Uint8Array): Recollection {
  const result = v.safeParse(RECOLLECTION_SCHEMA, parseJson(bytes));
  if (!result.success) throw malformed("recollection", v.getDotPath(result.issues[0]));
  const { epoch, members } = result.output;
  return { epoch, members: members.map((member) => ({ ...member, total: member.total, parent: member.parent })) };
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length > MEMBER_MESSAGE_MAX_BYTES) throw new SyntaxError("Cannot read a flight message: it is too long");
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new SyntaxError("Cannot read a flight message: it is no JSON", { cause });
  }
}

function malformed(what: string, path: string | null): SyntaxError {
  return new SyntaxError(`Cannot read a flight's ${what}: ${path ?? "it"} is malformed`);
}
