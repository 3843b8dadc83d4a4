/** The handlers of the registry listeners, as they are called in metrics. */
const LABELS = ["/readyz", "/livez"];

/** Returns the metrics label of a path: Spegel's pattern of the handler that serves it. */
export function handlerLabel(pathname: string): string {
  if (pathname === "/v2" || pathname.startsWith("/v2/")) return "/v2/*";
  return LABELS.includes(pathname) ? pathname : "other";
}
