/** Something that an upstream registry does wrong on purpose. */
export interface UpstreamFault {
  /** A part of the paths that it concerns, such as a digest. @default every path */
  path?: string;
  /** Answer with this status. */
  status?: number;
  /** Wait this long before answering, in milliseconds. */
  delayMs?: number;
  /** Send bodies no faster than this. */
  bytesPerSecond?: number;
  /** Close the connection in order after so many bytes of a body. */
  cutAfterBytes?: number;
}

/** Returns the first fault that concerns a path. */
export function faultFor(faults: readonly UpstreamFault[], path: string): UpstreamFault | undefined {
  return faults.find((fault) => path.includes(fault.path ?? ""));
}
