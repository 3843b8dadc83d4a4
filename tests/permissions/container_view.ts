/** A file or directory of the machine, and where the program sees it. */
export interface Mount {
  /** The path on the machine. */
  source: string;
  /** The path that the program sees: in `/run`, `/tmp`, `/var/lib` or `/etc/peili`. */
  target: string;
  /** Whether the program could write to it. @default {false} */
  writable?: boolean;
}

/**
 * Gives one program other `/run` and `/var/lib`, an `/etc/peili`, and a root that nobody can write to, in a mount
 * namespace of its own: nothing of it is seen by others, or stays. The first argument is the directory that is kept
 * as it is.
 */
const SCRIPT = `
set -e
work="$1"; shift
mount --bind "$work" "$work"
mkdir -p "$work/etc/peili"
mount -t overlay overlay -o "lowerdir=$work/etc:/etc" /etc
for place in /run /var/lib; do mount -t tmpfs tmpfs "$place"; done
while [ "$1" != -- ]; do
  source="$1" target="$2" mode="$3"; shift 3
  if [ -d "$source" ]; then mkdir -p "$target"; else mkdir -p "$(dirname "$target")"; : > "$target"; fi
  mount -o "bind,$mode" "$source" "$target"
done
shift
for place in /run /var/lib /; do mount -o remount,bind,ro "$place"; done
cd /
exec "$@"`;

/** How {@linkcode inContainerView} shows the machine. */
export interface ContainerViewOptions {
  /** A directory that stays visible and writable at its own path. */
  work: string;
  /** What is seen elsewhere. */
  mounts: readonly Mount[];
}

/**
 * Returns the command that runs another one as a container with a read-only root would see the machine: with
 * containerd's socket, the content directory and the data directory at the places that the image expects. Needs root.
 */
export function inContainerView(
  command: readonly string[],
  options: ContainerViewOptions,
): [string, ...string[]] {
  const mounts = options.mounts.flatMap(({ source, target, writable }) => [source, target, writable ? "rw" : "ro"]);
  const unshare = ["unshare", "--mount", "--propagation", "private"] as const;
  return [...unshare, "sh", "-c", SCRIPT, "sh", options.work, ...mounts, "--", ...command];
}
