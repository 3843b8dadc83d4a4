/** A version of containerd, as numbers that compare. */
export interface ContainerdVersion {
  /** The text that containerd tells. */
  text: string;
  major: number;
  minor: number;
  patch: number;
}

const VERSION_REGEXP = /^(?:containerd\/)?v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:\D|$)/;

/**
 * Reads a version such as `v2.3.4`, `1.6.20~ds1` or `2.1.9+unknown`, or a `User-Agent` such as `containerd/v2.3.4`.
 *
 * @returns `undefined` if it is none.
 */
export function parseContainerdVersion(text: string): ContainerdVersion | undefined {
  const [match, major, minor, patch = "0"] = VERSION_REGEXP.exec(text) ?? [];
  if (match === undefined) return undefined;
  return {
    text: text.replace(/^(?:containerd\/)?v?/, ""),
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
  };
}

/** Returns whether a version is at least another one, given as `major.minor[.patch]`. */
export function isAtLeast(version: ContainerdVersion, least: string): boolean {
  const [major = 0, minor = 0, patch = 0] = least.split(".").map(Number);
  if (version.major !== major) return version.major > major;
  if (version.minor !== minor) return version.minor > minor;
  return version.patch >= patch;
}
