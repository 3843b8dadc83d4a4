const LINE_BREAK_REGEXP = /[\n\r\u2028\u2029]/;

/** Returns a one-line text for anything that was thrown, for logs. */
export function errorMessage(reason: unknown): string {
  const text = textOf(reason instanceof Error ? reason.message || reason.name : reason);
  return text.split(LINE_BREAK_REGEXP).map((line) => line.trim()).filter((line) => line !== "").join(" ");
}

/** An object without a prototype, for one, has no text. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

/** Returns whether the reason is the end of a cancelled or timed out call, and so no fault of the other side. */
export function isAbort(reason: unknown): boolean {
  return reason instanceof Error && (reason.name === "AbortError" || reason.name === "TimeoutError");
}
