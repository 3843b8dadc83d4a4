import { type Digest, parseDigest } from "./digest.ts";

/**
 * The name of a tag as it is announced and looked up: `registry/repository:tag`, such as
 * `docker.io/library/alpine:3.20`.
 */
export type TagName = string;

/** A repository at a registry. */
export interface Repository {
  /** Host and, where it is not the default, port: `ghcr.io`, `127.0.0.1:5000`, `[::1]:5000`. */
  registry: string;
  /** The path below the registry: `library/alpine`. */
  repository: string;
}

/** A parsed image name. At least one of tag and digest is there. */
export interface Reference extends Repository {
  /** The tag, where the name carries one. */
  tag?: string;
  /** The digest, where the name carries one. */
  digest?: Digest;
}

/** The longest repository that is accepted, as in the reference grammar of the registries. */
const REPOSITORY_MAX_LENGTH = 255;

const HOST_LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const REGISTRY_REGEXP = new RegExp(
  `^(?:${HOST_LABEL}(?:\\.${HOST_LABEL})*|\\[[0-9a-fA-F:]*:[0-9a-fA-F:.]*\\])(?::[0-9]{1,5})?$`,
);
const REPOSITORY_REGEXP = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG_REGEXP = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Returns whether the text is a registry's host, with or without a port. */
export function isRegistry(text: string): boolean {
  return text.length <= 261 && REGISTRY_REGEXP.test(text);
}

/** Returns whether the text is a repository (`<name>` of the distribution-spec). */
export function isRepository(text: string): boolean {
  return text.length <= REPOSITORY_MAX_LENGTH && REPOSITORY_REGEXP.test(text);
}

/** Returns whether the text is a tag (`<reference>` of the distribution-spec). */
export function isTag(text: string): boolean {
  return TAG_REGEXP.test(text);
}

/** Returns whether the first part of an image name can only be a registry: it has a dot, a port or is `localhost`. */
export function looksLikeRegistry(text: string): boolean {
  return text === "localhost" || /[.:\]]/.test(text);
}

/**
 * Reads a full image name, as containerd keeps them: `registry/repository[:tag][@digest]`.
 *
 * @throws {SyntaxError} If the name has no registry, or neither tag nor digest, or a part that is malformed.
 */
export function parseReference(name: string): Reference {
  const fail = (why: string) => new SyntaxError(`Cannot parse image name "${name.slice(0, 512)}": ${why}`);
  const at = name.indexOf("@");
  const rest = at < 0 ? name : name.slice(0, at);
  const slash = rest.indexOf("/");
  if (slash < 0) throw fail("expected registry/repository");
  const registry = rest.slice(0, slash);
  if (!isRegistry(registry) || !looksLikeRegistry(registry)) throw fail("its first part is no registry");
  const colon = rest.indexOf(":", slash);
  const repository = rest.slice(slash + 1, colon < 0 ? undefined : colon);
  if (!isRepository(repository)) throw fail("its repository is malformed");
  const reference: Reference = { registry, repository };
  if (colon >= 0) {
    reference.tag = rest.slice(colon + 1);
    if (!isTag(reference.tag)) throw fail("its tag is malformed");
  }
  if (at >= 0) reference.digest = parseDigest(name.slice(at + 1));
  if (reference.tag === undefined && reference.digest === undefined) throw fail("expected a tag or a digest");
  return reference;
}

/** Returns a repository as one text: `docker.io/library/alpine`. */
export function repositoryName({ registry, repository }: Repository): string {
  return `${registry}/${repository}`;
}

/** Returns the content key of a tag. */
export function tagName(repository: Repository, tag: string): TagName {
  return `${repositoryName(repository)}:${tag}`;
}

/**
 * Returns whether two repositories are the same one.
 *
 * containerd's distribution-source labels leave the port of the registry out, so a registry without a port matches
 * the same host with any port.
 */
export function sameRepository(a: Repository, b: Repository): boolean {
  return a.repository === b.repository && sameRegistry(a.registry, b.registry);
}

/** Returns whether two registries are the same one; see {@linkcode sameRepository} for ports. */
export function sameRegistry(a: string, b: string): boolean {
  if (a === b) return true;
  const [left, right] = [splitPort(a), splitPort(b)];
  return left.host === right.host && (left.port === undefined || right.port === undefined);
}

/** Takes a port off. IPv6 addresses have brackets, except in labels of containerd, which have no port either. */
function splitPort(registry: string): { host: string; port?: string } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::([0-9]+))?$/.exec(registry);
  if (!match) return { host: registry };
  const [, address, name = "", port] = match;
  return { host: address ?? name, port };
}
