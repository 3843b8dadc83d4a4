/** One request that an upstream registry answered. */
export interface UpstreamRequest {
  /** The method. */
  method: string;
  /** The path without the query. */
  path: string;
  /** The `Range` header, or `null`. */
  range: string | null;
  /** The status of the answer; 0 for one that was never given. */
  status: number;
  /** How many bytes of the body were handed to the network. */
  bytes: number;
  /** The `User-Agent` header, or `null`. */
  userAgent: string | null;
  /** The address of the client; empty where it is not known. */
  from: string;
}

/** What an upstream registry has given away of one digest, or answered for one tag. */
export interface ReferenceCount {
  /** How many `HEAD` requests. */
  heads: number;
  /** How many `GET` requests. */
  gets: number;
  /** How many bytes of bodies. */
  bytes: number;
}

/** What an upstream registry has given away since its counters were reset. */
export interface UpstreamStats {
  /** How many requests below `/v2/`. */
  requests: number;
  /** How many bytes of bodies. */
  bytes: number;
  /** The same by the last part of the path: a digest or a tag. */
  byReference: Record<string, ReferenceCount>;
  /** The last requests, oldest first. */
  recent: UpstreamRequest[];
}

/** How many requests are kept one by one. */
const RECENT_MAX = 1_000;

/** Counts what an upstream registry gives away. */
export class UpstreamCounter {
  #stats: UpstreamStats = emptyStats();

  /** What was counted so far. */
  get stats(): UpstreamStats {
    return this.#stats;
  }

  /** Counts a request, and returns what is counted on while its body goes out. */
  begin(request: Request, from = ""): { answered(status: number): void; sent(bytes: number): void } {
    const path = new URL(request.url).pathname;
    const stats = this.#stats;
    const entry: UpstreamRequest = {
      method: request.method,
      path,
      range: request.headers.get("range"),
      status: 0,
      bytes: 0,
      userAgent: request.headers.get("user-agent"),
      from,
    };
    stats.requests++;
    stats.recent.push(entry);
    if (stats.recent.length > RECENT_MAX) stats.recent.shift();
    const count = stats.byReference[path.slice(path.lastIndexOf("/") + 1)] ??= { heads: 0, gets: 0, bytes: 0 };
    if (request.method === "HEAD") count.heads++;
    if (request.method === "GET") count.gets++;
    return {
      answered: (status) => void (entry.status = status),
      sent: (bytes) => {
        entry.bytes += bytes;
        count.bytes += bytes;
        stats.bytes += bytes;
      },
    };
  }

  /** Starts at zero again. */
  reset(): void {
    this.#stats = emptyStats();
  }
}

function emptyStats(): UpstreamStats {
  return { requests: 0, bytes: 0, byReference: {}, recent: [] };
}
