import { SOURCES_PER_BLOB } from "../../core/limits.ts";
import { isRegistry, isRepository, type Repository } from "../../oci/reference.ts";

/** Begins the labels that say where a blob was pulled from; the registry follows, without its port. */
const SOURCE_LABEL_PREFIX = "containerd.io/distribution.source.";

/** Reads the repositories that a blob was pulled from out of its labels. What is malformed is passed over. */
export function labelSources(labels: Readonly<Record<string, string>>): Repository[] {
  const sources: Repository[] = [];
  for (const [label, value] of Object.entries(labels)) {
    if (!label.startsWith(SOURCE_LABEL_PREFIX)) continue;
    const registry = label.slice(SOURCE_LABEL_PREFIX.length);
    if (!isRegistry(registry)) continue;
    for (const repository of value.split(",")) {
      if (isRepository(repository)) sources.push({ registry, repository });
    }
  }
  return sources.slice(0, SOURCES_PER_BLOB);
}
