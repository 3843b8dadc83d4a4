import { Gauge, type Registry } from "prom-client";

/** How much a node announces, by registry. */
export interface AdvertisedCounts {
  /** Tag names. */
  imageTags: Record<string, number>;
  /** Manifests and indexes. */
  imageDigests: Record<string, number>;
  /** All digests. */
  contentDigests: Record<string, number>;
}

/** The gauges and what they tell; Spegel's names. */
const GAUGES = [
  { name: "spegel_advertised_image_tags", help: "Image tags that are announced.", read: "imageTags" },
  { name: "spegel_advertised_image_digests", help: "Manifests and indexes that are announced.", read: "imageDigests" },
  { name: "spegel_advertised_content_digests", help: "Digests that are announced.", read: "contentDigests" },
] as const;

/** Registers the gauges of what is announced, whose values are read when they are collected. */
export function registerAdvertisedMetrics(registry: Registry, read: () => AdvertisedCounts): void {
  for (const gauge of GAUGES) {
    new Gauge({
      name: gauge.name,
      help: gauge.help,
      labelNames: ["registry"],
      registers: [registry],
      collect() {
        this.reset();
        for (const [name, count] of Object.entries(read()[gauge.read])) this.set({ registry: name }, count);
      },
    });
  }
}
