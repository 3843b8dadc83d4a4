import { join } from "node:path";

/** The file that containerd reads in the directory of a registry. */
export const HOSTS_TOML = "hosts.toml";

/** The name under which Spegel and Peili keep what stood in the directory before. */
export const BACKUP_NAME = "_backup";

/** The permissions of the backup, as Spegel makes it. */
export const BACKUP_MODE = 0o755;

/** The name of the directory with what Peili itself has to remember. containerd asks for no registry of this name. */
export const OWN_NAME = ".peili";

/** Where things are in the directory that containerd reads registries from. */
export interface Layout {
  /** The directory itself, without symbolic links. */
  root: string;
  /** What stood there before, once all of it is there. */
  backup: string;
  /** What stood there before, while it is brought here or brought back. */
  partial: string;
  /** The directory with what Peili remembers. */
  own: string;
  /** What is about to be put in place, or was taken away. Never anything that is not ours. */
  staging: string;
  /** The record of what was written. */
  record: string;
}

/** Returns where things are. */
export function layoutOf(root: string): Layout {
  const own = join(root, OWN_NAME);
  return {
    root,
    backup: join(root, BACKUP_NAME),
    partial: join(own, "backup"),
    own,
    staging: join(own, "staging"),
    record: join(own, "written.json"),
  };
}
