/** The places of a machine that a node of the tests has for itself. */
const PLACES = ["/run", "/var/lib", "/etc/containerd", "/etc/cri"];

/**
 * Gives what is started by it other `/run`, `/var/lib`, `/etc/containerd` and `/etc/cri`, in a mount namespace of its
 * own: paths as they stand in manifests are paths of the node, and nothing of the machine is touched. The first
 * argument is the directory with their content, the second one the network namespace.
 */
const SCRIPT = `
set -e
host="$1"; shift
mount -t overlay overlay -o "lowerdir=$host/skeleton:/etc" /etc
for place in ${PLACES.join(" ")}; do
  mount --bind "$host$place" "$place"
  mount --make-shared "$place"
done
exec "$@"`;

/** The files of a node. */
export class HostFiles {
  /** The directory that holds them. */
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Makes an empty node in a directory. */
  static async create(dir: string): Promise<HostFiles> {
    for (const place of PLACES) {
      await Deno.mkdir(`${dir}${place}`, { recursive: true });
      if (place.startsWith("/etc/")) {
        await Deno.mkdir(`${dir}/skeleton${place.slice("/etc".length)}`, { recursive: true });
      }
    }
    return new HostFiles(dir);
  }

  /**
   * Returns where a path of the node is on the machine.
   *
   * @throws {RangeError} If the node has no such place for itself.
   */
  outside(path: string): string {
    if (PLACES.some((place) => path === place || path.startsWith(`${place}/`))) return `${this.dir}${path}`;
    throw new RangeError(`Cannot use "${path}" of a node: it has only ${PLACES.join(", ")} for itself`);
  }

  /** Returns the command that runs another one on the node: with its files, and in its network namespace. */
  command(netns: string, command: readonly string[]): [string, ...string[]] {
    const inside = ["unshare", "--mount", "--propagation", "private", "sh", "-c", SCRIPT, "sh", this.dir, ...command];
    // not "ip netns exec", which puts another /sys in place, without cgroups
    return ["nsenter", `--net=/run/netns/${netns}`, ...inside];
  }
}
