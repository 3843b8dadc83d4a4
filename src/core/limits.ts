import { KIB, MIB } from "./units.ts";

/** The largest manifest that is read or relayed: the limit that containerd and the registries share, in bytes. */
export const MANIFEST_MAX_BYTES = 4 * MIB;

/** How much of a peer's error body is read, in bytes: it only ends up in a log line. */
export const ERROR_BODY_MAX_BYTES = 64 * KIB;

/** The largest answer that a bootstrap URL may give, in bytes. */
export const BOOTSTRAP_REPLY_MAX_BYTES = 16 * KIB;

/** The most sources (registry and repository) that are kept for one blob. */
export const SOURCES_PER_BLOB = 64;
