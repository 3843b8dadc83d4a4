import type { Identify } from "@libp2p/identify";
import type { Connection, Libp2p } from "@libp2p/interface";
import { getLogger } from "@logtape/logtape";
import { errorMessage } from "../../core/errors.ts";

const logger = getLogger(["peili", "routing"]);

/** Asks the other end of a connection what it is, by libp2p's identify: the host's event `peer:identify` tells it. */
export function identifyConnection({ services }: Libp2p<{ identify: Identify }>, connection: Connection): void {
  services.identify.identify(connection).catch((reason: unknown) => {
    logger.debug("Cannot identify {id}: {error}", {
      id: connection.remotePeer.toString(),
      error: errorMessage(reason),
    });
  });
}
