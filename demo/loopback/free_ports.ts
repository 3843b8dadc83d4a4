/** Below what systems choose from for connections, so that no connection takes a port between now and its use. */
const [FIRST_PORT, LAST_PORT] = [20_000, 29_999];

/**
 * Finds TCP ports on loopback that nobody listens on, all different, for a program that has to be told its port.
 *
 * @param count How many.
 */
export function freePorts(count: number): number[] {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (reason) {
    if (reason instanceof Deno.errors.AddrInUse) return false;
    throw reason;
  }
}
