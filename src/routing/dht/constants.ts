import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../core/units.ts";

/** The DHT protocol that Spegel's nodes speak. */
export const KAD_PROTOCOL = "/spegel/kad/1.0.0";

/** How many nodes hold a record, and how many closer nodes an answer names: Kademlia's k. */
export const REPLICATION = 20;

/** How long a provider record is valid: 15 min between announcements and twice the 2 min that one may be late. */
export const RECORD_VALIDITY_MS: number = 19 * MINUTE_MS;
/** How long after an announcement the same key is announced again at the latest. */
export const REANNOUNCE_INTERVAL_MS: number = 15 * MINUTE_MS;
/** How long addresses are kept that a node told of itself. */
export const PEER_ADDRESS_TTL_MS: number = HOUR_MS;

/** How long a peer that is gone is left out of answers: until no record of it can be valid any more. */
export const GONE_TTL_MS: number = RECORD_VALIDITY_MS;

/** How long an unused stream to a peer is kept open: Go nodes end theirs after a minute. */
export const STREAM_IDLE_MS: number = 50 * SECOND_MS;
/** How long a peer may leave a stream to us unused. */
export const INBOUND_STREAM_IDLE_MS: number = 2 * MINUTE_MS;

/** How long a member may take to answer a message, in milliseconds. */
export const MEMBER_TIMEOUT_MS: number = 2 * SECOND_MS;
