import { GIB, HOUR_MS, KIB, MIB, MINUTE_MS, SECOND_MS } from "./units.ts";

/** Writes a number of bytes for people: `3.4 GiB`. */
export function formatBytes(bytes: number): string {
  for (const [unit, name] of [[GIB, "GiB"], [MIB, "MiB"], [KIB, "KiB"]] as const) {
    if (bytes >= unit) return `${(bytes / unit).toFixed(1)} ${name}`;
  }
  return `${bytes} B`;
}

/** Writes a time span for people, in its one or two largest units: `3 h 12 min`. */
export function formatSpan(ms: number): string {
  const units = [[24 * HOUR_MS, "d"], [HOUR_MS, "h"], [MINUTE_MS, "min"], [SECOND_MS, "s"]] as const;
  let rest = Math.max(0, Math.round(ms / SECOND_MS) * SECOND_MS);
  const parts: string[] = [];
  for (const [unit, name] of units) {
    if (rest >= unit) parts.push(`${Math.floor(rest / unit)} ${name}`);
    else if (parts.length > 0) break; // `1 d 5 min` says less than it seems to
    rest %= unit;
    if (parts.length === 2) break;
  }
  return parts.join(" ") || "0 s";
}

/** Writes a share for people: `91 %`, or `–` of nothing. */
export function formatShare(part: number, whole: number): string {
  return whole === 0 ? "–" : `${Math.round(100 * part / whole)} %`;
}

/** Writes a number of things for people: `1 copy`, `2 copies`. */
export function formatCount(count: number, one: string, several: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}
