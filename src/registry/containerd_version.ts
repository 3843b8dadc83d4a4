/** A version, as far as it tells what containerd can do. */
export interface ContainerdVersion {
  major: number;
  minor: number;
}

const VERSION_REGEXP = /^(?:containerd\/)?v?(\d{1,4})\.(\d{1,4})(?:\D|$)/;

/** Reads a version such as `1.7.24~ds1`, or a `User-Agent` such as `containerd/2.1.9+unknown`; undefined for none. */
export function parseContainerdVersion(text: string): ContainerdVersion | undefined {
  const [, major, minor] = VERSION_REGEXP.exec(text) ?? [];
  return major === undefined || minor === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

/** Returns whether this containerd can be sent to another node for a blob: 1.7 and newer can. */
export function followsRedirects({ major, minor }: ContainerdVersion): boolean {
  return major > 1 || (major === 1 && minor >= 7);
}
