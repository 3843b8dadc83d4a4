import { abortable, deadline } from "../../core/deadline.ts";
import { errorMessage, isAbort } from "../../core/errors.ts";
import { SECOND_MS } from "../../core/units.ts";
import { connect } from "node:net";

/** How long a connection may take, in milliseconds. */
const CONNECT_MS = 2 * SECOND_MS;

/** Opens a connection and closes it again. Returns why that failed, or `undefined`. */
export async function connectProblem(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  const limit = deadline(CONNECT_MS, signal);
  const socket = connect({ host, port });
  try {
    const connected = new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    await abortable(connected, limit);
    return undefined;
  } catch (reason) {
    signal.throwIfAborted();
    return isAbort(reason) ? `no answer within ${CONNECT_MS / SECOND_MS} s` : errorMessage(reason);
  } finally {
    socket.destroy();
  }
}
