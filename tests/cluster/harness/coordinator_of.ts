import { peerIdFromString } from "@libp2p/peer-id";
import { flightId } from "../../../src/flight/flight_id.ts";
import { closest } from "../../../src/routing/closest.ts";
import { contentId, kadIdOf } from "../../../src/routing/dht/content_id.ts";
import type { ClusterNode } from "../../integration/harness/cluster_node.ts";
import { PEILI_PORTS } from "../../integration/harness/peili.ts";
import { httpText } from "../../support/http_text.ts";
import type { Stage } from "./troubled_rollout.ts";

/** Finds the node that coordinates the flight of the large layer: the closest one to it in the DHT's space. */
export async function coordinatorOf({ rollouts, wanted }: Stage): Promise<ClusterNode> {
  const { image: { layers, config }, name } = wanted;
  const { digest } = layers[0] ?? config;
  const repository = `${rollouts.cluster.upstream.address}/${name.split(":")[0]}`;
  const places = await Promise.all(rollouts.nodes.map(async (node) => {
    const [{ ID }] = JSON.parse(await httpText(`http://${node.network.address}:${PEILI_PORTS.bootstrap}/id`));
    return { node, kadId: kadIdOf(peerIdFromString(ID).toMultihash().bytes) };
  }));
  const [first] = closest(contentId(flightId({ digest, repository })).kadId, places, 1);
  if (!first) throw new RangeError("Cannot find who coordinates: there is no node");
  return first.node;
}
