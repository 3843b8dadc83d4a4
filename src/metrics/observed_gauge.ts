import { Gauge, type Registry } from "prom-client";

/**
 * Registers a gauge whose value is read when it is collected.
 *
 * @param read Returns the value now.
 */
export function registerGauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
