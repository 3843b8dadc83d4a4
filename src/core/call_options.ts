/** What every asynchronous call of Peili accepts. */
export interface CallOptions {
  /** Ends the call, and everything that it opened, with the signal's reason. */
  signal?: AbortSignal;
}
