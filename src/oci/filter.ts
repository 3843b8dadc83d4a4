import { type Repository, sameRegistry } from "./reference.ts";

/** Decides which repositories and tags are mirrored: for serving and for announcing alike. */
export interface RegistryFilter {
  /** Whether anything at all can be refused; content of unknown origin is held back while it can. */
  readonly active: boolean;
  /** Returns whether the repository, or the one tag of it, is mirrored. */
  allows(repository: Repository, tag?: string): boolean;
}

/** What {@linkcode registryFilter} refuses. */
export interface RegistryFilterOptions {
  /** A match anywhere in `registry/repository` or `registry/repository:tag` refuses. @default {[]} */
  filters?: readonly RegExp[];
  /** The only registries that are mirrored; an empty list means every registry. @default {[]} */
  registries?: readonly string[];
}

/** Makes a filter of `--registry-filters` and `--mirrored-registries`. */
export function registryFilter(options: RegistryFilterOptions = {}): RegistryFilter {
  const { filters = [], registries = [] } = options;
  return {
    active: filters.length > 0 || registries.length > 0,
    allows({ registry, repository }, tag) {
      if (registries.length > 0 && !registries.some((mirrored) => sameRegistry(mirrored, registry))) return false;
      const name = tag === undefined ? `${registry}/${repository}` : `${registry}/${repository}:${tag}`;
      return !filters.some((filter) => name.search(filter) >= 0); // test() would go on where a global one stopped
    },
  };
}
