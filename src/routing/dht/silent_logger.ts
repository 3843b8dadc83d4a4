import type { ComponentLogger, Logger } from "@libp2p/interface";

const SILENT: Logger = Object.assign(() => {}, {
  error() {},
  trace() {},
  enabled: false,
  newScope: () => SILENT,
});

/**
 * A log of libp2p that nothing is written to. Its own one is only written when a variable of the environment says so,
 * but makes a logger of its own for every connection and stream, and looks for a terminal each time.
 */
export const SILENT_LOGGER: ComponentLogger = { forComponent: () => SILENT };
