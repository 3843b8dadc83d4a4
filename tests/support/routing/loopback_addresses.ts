/** How many addresses a process has for itself, apart from those of other test runs on this machine. */
const PER_PROCESS = 1 << 9;
/** How many processes have addresses of their own. */
const PROCESSES = 1 << 14;

/** Yields addresses of loopback that no other test process uses: 127.128.0.1 and on. */
export function* loopbackAddresses(): Generator<string, never> {
  const base = (Deno.pid % PROCESSES) * PER_PROCESS;
  for (let next = 0;; next = (next + 1) % PER_PROCESS) {
    const host = base + next;
    if ((host & 0xff) === 0 || (host & 0xff) === 0xff) continue; // look like a network and its broadcast address
    yield `127.${128 + (host >> 16)}.${(host >> 8) & 0xff}.${host & 0xff}`;
  }
}
