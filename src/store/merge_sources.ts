import { SOURCES_PER_BLOB } from "../core/limits.ts";
import { type Repository, sameRepository } from "../oci/reference.ts";

/** Returns the repositories, each once, at most 64. */
export function uniqueSources(sources: Iterable<Repository>): readonly Repository[] {
  const unique = new Map<string, Repository>();
  for (const { registry, repository } of sources) {
    if (unique.size >= SOURCES_PER_BLOB) break;
    unique.set(`${registry}/${repository}`, { registry, repository });
  }
  return [...unique.values()];
}

/**
 * Puts together what is known of where content came from. A label without the port of its registry gives way to the
 * name that has it, as the port may be what a filter asks for.
 *
 * @param labelled The repositories by labels.
 * @param named The repositories by image names.
 */
export function mergeSources(labelled: readonly Repository[], named: readonly Repository[]): readonly Repository[] {
  const unnamed = labelled.filter((label) => !named.some((name) => sameRepository(label, name)));
  return uniqueSources([...named, ...unnamed]);
}

/** Returns whether both lists are the same repositories in the same order. */
export function sameSources(a: readonly Repository[], b: readonly Repository[]): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((source, index) => {
    const other = b[index];
    return source.registry === other?.registry && source.repository === other.repository;
  });
}
