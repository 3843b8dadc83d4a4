/** What a new file or directory is to look like. */
export interface Attributes {
  /** Permission bits; the process's umask does not apply. */
  mode: number;
  /** The user that owns it; the process's own where that cannot be changed. */
  uid?: number;
  /** The group that owns it. */
  gid?: number;
}

/**
 * Every way in which the configuration of containerd is changed.
 *
 * A port of its own so that tests can let each single step fail, or be the last one.
 */
export interface Disk {
  /** Makes a directory, not its parents. */
  makeDirectory(path: string, attributes: Attributes): Promise<void>;
  /** Writes a new file. */
  writeFile(path: string, bytes: Uint8Array, attributes: Attributes): Promise<void>;
  /** Copies a regular file to a new one. */
  copyFile(from: string, to: string, attributes: Attributes): Promise<void>;
  /** Makes a symbolic link anew. */
  copyLink(from: string, to: string): Promise<void>;
  /** Renames within the file system; a file or an empty directory of the new name is replaced. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or a directory with everything in it; nothing there is fine. */
  remove(path: string): Promise<void>;
  /** Removes a directory that is empty; nothing there is fine. */
  removeDirectory(path: string): Promise<void>;
  /** Brings the bytes of a file, or the entries of a directory, to the disk; nothing there is fine. */
  sync(path: string): Promise<void>;
}

/** The file system of this machine. */
export const systemDisk: Disk = {
  async makeDirectory(path, attributes) {
    await Deno.mkdir(path, { mode: attributes.mode });
    await setAttributes(path, attributes);
  },
  async writeFile(path, bytes, attributes) {
    using file = await createFile(path);
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
    await setAttributes(path, attributes);
  },
  async copyFile(from, to, attributes) {
    using source = await Deno.open(from);
    using file = await createFile(to);
    await source.readable.pipeTo(file.writable, { preventClose: true });
    await setAttributes(to, attributes);
  },
  async copyLink(from, to) {
    try {
      // A hard link to the link needs no permission beyond both paths; making a link needs the whole file system.
      await Deno.link(from, to);
    } catch (reason) {
      if (reason instanceof Deno.errors.AlreadyExists) throw reason;
      await Deno.symlink(await Deno.readLink(from), to);
    }
  },
  rename: (from, to) => Deno.rename(from, to),
  remove: (path) => unlessMissing(Deno.remove(path, { recursive: true })),
  removeDirectory: (path) => unlessMissing(Deno.remove(path)),
  sync: (path) => unlessMissing(syncToDisk(path)),
};

/** Readable by the owner alone until it has its final permissions: what is copied may be a private key. */
function createFile(path: string): Promise<Deno.FsFile> {
  return Deno.open(path, { write: true, createNew: true, mode: 0o600 });
}

async function setAttributes(path: string, { mode, uid, gid }: Attributes): Promise<void> {
  const is = await Deno.lstat(path);
  if (uid !== undefined && gid !== undefined && (uid !== is.uid || gid !== is.gid)) {
    try {
      await Deno.chown(path, uid, gid);
    } catch (reason) {
      if (!(reason instanceof Deno.errors.PermissionDenied)) throw reason;
    }
  }
  await Deno.chmod(path, mode & 0o7777); // last, as a change of owner takes the set-id bits away
}

async function syncToDisk(path: string): Promise<void> {
  using file = await Deno.open(path);
  await file.sync();
}

async function unlessMissing(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (reason) {
    if (!(reason instanceof Deno.errors.NotFound)) throw reason;
  }
}
