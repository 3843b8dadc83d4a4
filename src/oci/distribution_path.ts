import { type Digest, isDigest } from "./digest.ts";
import { DistributionError } from "./distribution_error.ts";
import {
  isRegistry,
  isRepository,
  isTag,
  looksLikeRegistry,
  type Repository,
  type TagName,
  tagName,
} from "./reference.ts";

/** What kind of object a path names. */
export type ObjectKind = "manifests" | "blobs";

/** A manifest or a blob, as named by a request. */
export interface DistributionPath extends Repository {
  /** The endpoint. */
  kind: ObjectKind;
  /** The digest; absent when the manifest is named by tag. */
  digest?: Digest;
  /** The tag; absent when the object is named by digest. */
  tag?: string;
}

const PATH_REGEXP = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/;

/**
 * Reads which object a pull request names: `/v2/<repository>/(manifests|blobs)/<reference>` with the registry in the
 * `ns` parameter, as containerd sends it, or in front of the repository, for clients that send no `ns`.
 *
 * {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull}
 *
 * @throws {DistributionError} `NAME_UNKNOWN` for a path that is no such endpoint or names no registry, `NAME_INVALID`
 * for a malformed name or tag, `DIGEST_INVALID` for a malformed digest.
 */
export function parseDistributionPath(url: URL): DistributionPath {
  const match = PATH_REGEXP.exec(decodePath(url.pathname));
  if (!match) {
    throw new DistributionError("NAME_UNKNOWN", `Cannot find "${clip(url.pathname)}": no such endpoint`);
  }
  const [, name = "", kind, reference = ""] = match;
  const repository = parseName(name, url.searchParams);
  return { ...repository, kind: kind as ObjectKind, ...parseObject(kind as ObjectKind, reference) };
}

/** Returns the key under which the object is announced and looked up. */
export function contentKey(path: DistributionPath): Digest | TagName {
  return path.digest ?? tagName(path, path.tag ?? "");
}

/** Returns the path and query that asks a peer for the object. */
export function peerPath(path: DistributionPath): string {
  return `/v2/${path.repository}/${path.kind}/${path.digest ?? path.tag}?ns=${encodeURIComponent(path.registry)}`;
}

function parseName(name: string, parameters: URLSearchParams): Repository {
  const ns = parameters.get("ns");
  const slash = name.indexOf("/");
  const [registry, repository] = ns !== null ? [ns, name] : [name.slice(0, slash), name.slice(slash + 1)];
  if (ns === null && (slash < 0 || !looksLikeRegistry(registry))) {
    throw new DistributionError(
      "NAME_UNKNOWN",
      `Cannot mirror "${clip(name)}": expected the registry as the parameter ns or in front of the repository`,
    );
  }
  if (!isRegistry(registry)) {
    throw new DistributionError("NAME_INVALID", `Cannot mirror registry "${clip(registry)}": expected host[:port]`);
  }
  if (!isRepository(repository)) {
    throw new DistributionError("NAME_INVALID", `Cannot mirror repository "${clip(repository)}": it is malformed`);
  }
  return { registry, repository };
}

function parseObject(kind: ObjectKind, reference: string): { digest: Digest } | { tag: string } {
  if (isDigest(reference)) return { digest: reference };
  if (kind === "manifests" && isTag(reference)) return { tag: reference };
  if (kind === "blobs" || reference.includes(":")) {
    throw new DistributionError("DIGEST_INVALID", `Cannot serve digest "${clip(reference)}": it is malformed`);
  }
  throw new DistributionError("NAME_INVALID", `Cannot serve tag "${clip(reference)}": it is malformed`);
}

function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch (cause) {
    throw new DistributionError("NAME_INVALID", `Cannot decode path "${clip(pathname)}"`, { cause });
  }
}

/** Keeps what a client sent out of answers and logs beyond a readable length. */
function clip(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
