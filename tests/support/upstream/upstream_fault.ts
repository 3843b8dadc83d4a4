/** Something that an upstream registry does wrong on purpose. */
export interface UpstreamFault {
  /** A part of the paths that it concerns, such as a digest. @default every path */
  path?: string;
  /** The only client that it concerns, by its address. @default every client */
  from?: string;
  /** Answer with this status, instead of content. */
  status?: number;
  /** Wait this long before answering, in milliseconds. */
  delayMs?: number;
  /** Send bodies no faster than this. */
  bytesPerSecond?: number;
  /** Close the connection in order after so many bytes of a body. */
  cutAfterBytes?: number;
  /** Send a wrong byte at this offset of the content, and the rest as it is. */
  wrongByteAt?: number;
}

/** Returns the first fault that concerns a request for a path, by a client of an address. */
export function faultFor(faults: readonly UpstreamFault[], path: string, from = ""): UpstreamFault | undefined {
  return faults.find((fault) => path.includes(fault.path ?? "") && (fault.from ?? from) === from);
}
