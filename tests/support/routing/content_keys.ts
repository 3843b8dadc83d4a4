import { hash } from "node:crypto";

/** Makes content keys as an image has them, the same ones for the same label. */
export function contentKeys(label: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `sha256:${hash("sha256", `${label} ${index}`)}`);
}
