import { GIB, KIB, MIB, SECOND_MS } from "../../src/core/units.ts";

/** Writes a number of bytes for people: `512 B`, `1.4 KiB`, `64.0 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < KIB) return `${bytes} B`;
  if (bytes < MIB) return `${(bytes / KIB).toFixed(1)} KiB`;
  if (bytes < GIB) return `${(bytes / MIB).toFixed(1)} MiB`;
  return `${(bytes / GIB).toFixed(2)} GiB`;
}

/** Writes a duration for people: `0.25 s`, `12.3 s`. */
export function formatMs(ms: number): string {
  const seconds = ms / SECOND_MS;
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

/** Writes how fast bytes came. */
export function formatSpeed(bytes: number, ms: number): string {
  const perSecond = bytes / (Math.max(ms, 1) / SECOND_MS);
  return `${(perSecond / MIB).toFixed(perSecond < 10 * MIB ? 1 : 0)} MiB/s`;
}

/** Writes an amount as a multiple of an image: `1 copy`, `1.03 copies`. */
export function formatCopies(copies: number): string {
  const text = Number(copies.toFixed(2)).toString();
  return text === "1" ? "1 copy" : `${text} copies`;
}
