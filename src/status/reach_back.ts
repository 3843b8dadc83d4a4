import * as v from "valibot";
import type { CallOptions } from "../core/call_options.ts";
import { deadline } from "../core/deadline.ts";
import { errorMessage } from "../core/errors.ts";
import type { Membership, Messenger } from "../routing/members.ts";
import type { PeerClient, PeerListener } from "../trust/peer_client.ts";
import type { PeerCheck } from "./node_status.ts";

/** What another node found when it was asked to reach this one. */
type Reached = NonNullable<PeerCheck["back"]>;

/** The protocol in which a node asks another one to reach its listener for nodes. */
export const REACH_PROTOCOL = "/peili/reach/1";

/** How long the other one tries, in milliseconds: less than the two seconds that a message may take. */
const TRY_MS = 1_500;
/** How many tries run at once on behalf of others. */
const TRIES_MAX = 4;

const REACHED_SCHEMA = v.object({ reached: v.boolean(), detail: v.optional(v.pipe(v.string(), v.maxLength(500))) });

/** What {@linkcode answerReach} works with. */
export interface ReachComponents {
  /** Knows where the asking node listens: it cannot name any other place. */
  members: Pick<Membership, "member">;
  /** Receives the questions. */
  messenger: Pick<Messenger, "respond">;
  /** Makes requests to other nodes. */
  client: Pick<PeerClient, "fetch">;
}

/** Asks another node to reach this one at the address that it would fetch content from. */
export async function askReach(
  messenger: Pick<Messenger, "request">,
  id: string,
  options: CallOptions = {},
): Promise<Reached> {
  const answer = await messenger.request(id, REACH_PROTOCOL, new Uint8Array(), options);
  return v.parse(REACHED_SCHEMA, JSON.parse(new TextDecoder().decode(answer)));
}

/** Answers the same question of others, from now on. */
export function answerReach({ members, messenger, client }: ReachComponents): Disposable {
  let running = 0;
  return messenger.respond(REACH_PROTOCOL, async (_, from) => {
    if (running >= TRIES_MAX) throw new Error(`Cannot reach "${from}" now: ${running} others are being reached`);
    running++;
    try {
      const host = members.member(from)?.hosts[0];
      const reached = host === undefined
        ? { reached: false, detail: "its address is not known" }
        : await reach(client, { id: from, host });
      return new TextEncoder().encode(JSON.stringify(reached));
    } finally {
      running--;
    }
  });
}

async function reach(client: ReachComponents["client"], peer: PeerListener): Promise<Reached> {
  const { host } = peer;
  try {
    const response = await client.fetch(peer, "/livez", { signal: deadline(TRY_MS) });
    await response.body?.cancel();
    return response.ok ? { reached: true } : { reached: false, detail: `${host} answers ${response.status}` };
  } catch (reason) {
    return { reached: false, detail: `${host}: ${errorMessage(reason).slice(0, 400)}` };
  }
}
