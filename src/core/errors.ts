/** Returns a one-line text for anything that was thrown, for logs. */
export function errorMessage(reason: unknown): string {
  const text = reason instanceof Error ? reason.message || reason.name : String(reason);
  return text.replaceAll(/\s*\n\s*/g, " ");
}

/** Returns whether the reason is the end of a cancelled or timed out call, and so no fault of the other side. */
export function isAbort(reason: unknown): boolean {
  return reason instanceof Error && (reason.name === "AbortError" || reason.name === "TimeoutError");
}
