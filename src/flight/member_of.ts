import type { Member, Membership } from "../routing/members.ts";
import { FLIGHT_PROTOCOL, type Source } from "./wire/flight_message.ts";

/** Returns where a source is: as membership knows it, else as the coordinator says; undefined for this node itself. */
export function memberOf(members: Membership, { id, hosts }: Source): Member | undefined {
  if (id === members.self().id) return undefined;
  const told = hosts.length > 0 ? { id, hosts, zone: "", protocols: [FLIGHT_PROTOCOL], load: 0 } : undefined;
  return members.member(id) ?? told;
}
