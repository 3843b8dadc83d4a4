import fc from "fast-check";
import { dirname, join } from "node:path";

/** Files, links and directories by path; a path that ends with a slash is a directory. */
export type Spec = Record<string, string | Uint8Array | SpecFile | SpecLink>;

/** A file with more than its bytes. */
export interface SpecFile {
  bytes: string | Uint8Array;
  mode?: number;
  owner?: number;
}

/** A symbolic link. */
export interface SpecLink {
  link: string;
}

/** Whether files may be given to other users here. */
export const CAN_CHOWN = Deno.uid() === 0;

/** Makes everything that the specification names, below a directory. */
export async function makeTree(root: string, spec: Spec): Promise<void> {
  for (const [path, node] of Object.entries(spec)) {
    const full = join(root, path);
    if (path.endsWith("/")) {
      await Deno.mkdir(full, { recursive: true });
      continue;
    }
    await Deno.mkdir(dirname(full), { recursive: true });
    if (typeof node !== "string" && "link" in node) await Deno.symlink(node.link, full);
    else await makeFile(full, typeof node === "string" || node instanceof Uint8Array ? { bytes: node } : node);
  }
}

async function makeFile(path: string, { bytes, mode, owner }: SpecFile): Promise<void> {
  await Deno.writeFile(path, typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
  if (owner !== undefined && CAN_CHOWN) await Deno.chown(path, owner, owner);
  if (mode !== undefined) await Deno.chmod(path, mode);
}

/** What {@linkcode readTree} tells of each entry. */
export interface ReadTreeOptions {
  /** Whether the time of the last change, and the number of the inode, are told: nothing was copied or touched. */
  identity?: boolean;
  /** Whether our own directory is left out. */
  withoutOwn?: boolean;
}

/** Returns one line for each entry below a directory, with its kind, permissions, owner and content. */
export async function readTree(root: string, options: ReadTreeOptions = {}): Promise<string[]> {
  const lines: string[] = [];
  for (const path of await walk(root)) {
    if (options.withoutOwn && (path === ".peili" || path.startsWith(".peili/"))) continue;
    const stat = await Deno.lstat(join(root, path));
    const what = stat.isSymlink
      ? `link ${await Deno.readLink(join(root, path))}`
      : stat.isFile
      ? `file ${new TextDecoder("latin1").decode(await Deno.readFile(join(root, path)))}`
      : stat.isDirectory
      ? "directory"
      : "other";
    const mode = ((stat.mode ?? 0) & 0o7777).toString(8);
    const identity = options.identity ? ` ${stat.ino} ${stat.mtime?.getTime()}` : "";
    lines.push(`${JSON.stringify(path)} ${mode} ${stat.uid}:${stat.gid}${identity} ${what}`);
  }
  return lines;
}

/** Returns the files below a directory as texts, without our own directory. */
export async function readFiles(root: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const path of await walk(root)) {
    if (path.startsWith(".peili")) continue;
    if ((await Deno.lstat(join(root, path))).isFile) files[path] = await Deno.readTextFile(join(root, path));
  }
  return files;
}

/** Returns every path below a directory, sorted. */
export async function walk(root: string, below = ""): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(join(root, below))) names.push(name);
  const paths: string[] = [];
  for (const name of names.sort()) {
    const path = join(below, name);
    paths.push(path);
    if ((await Deno.lstat(join(root, path))).isDirectory) paths.push(...await walk(root, path));
  }
  return paths;
}

const anyRegistryName = fc.constantFrom(
  "docker.io",
  "ghcr.io",
  "_default",
  "foo.bar:5000",
  "foo.bar_5000_",
  "[::1]:5000",
);
const anyName = fc.oneof(
  anyRegistryName,
  fc.constantFrom(
    "ca.crt",
    "client.cert",
    "client.key",
    "hosts.toml",
    " ",
    "-rf",
    "a\nb",
    "'\"\\",
    "ü",
    "日本",
    "*",
    "...",
  ),
  fc.string({ minLength: 1, maxLength: 12, unit: "binary" })
    .filter((name) => !/[\0/\uFFFD]/.test(name) && !name.startsWith(".") && name !== "_backup"),
);
const anyPath = fc.oneof(
  fc.array(anyName, { minLength: 1, maxLength: 3 }).map((names) => names.join("/")),
  fc.tuple(anyRegistryName, anyName).map((names) => names.join("/")),
);
const anyMode = fc.integer({ min: 0, max: 0o777 }).map((mode) => mode | 0o600);
const anyOwner = fc.constantFrom(0, 1, 65534);
const anyHostsToml = fc.constantFrom(
  "",
  'server = "https://registry-1.docker.io"',
  '# ours\n[host.\'https://mirror.example\']\ncapabilities = ["pull", "push"]\n',
  "not toml = = =",
  "server = 'https://ghcr.io'\n\n" +
    "[host.'http://127.0.0.1:30020']\ncapabilities = ['pull', 'resolve']\ndial_timeout = '200ms'",
);
const anyLink = fc.constantFrom("hosts.toml", "../ghcr.io", "ghcr.io", "docker.io", "/nonexistent", "..", "ca.crt");

/** Any content of a directory that containerd reads registries from, and much that has no business there. */
export const anySpec: fc.Arbitrary<Spec> = fc.array(
  fc.oneof(
    fc.tuple(anyPath, fc.record({ bytes: fc.uint8Array({ maxLength: 40 }), mode: anyMode, owner: anyOwner })),
    fc.tuple(anyPath, fc.record({ link: anyLink })),
    fc.tuple(
      anyRegistryName.map((name) => `${name}/hosts.toml`),
      fc.record({ bytes: anyHostsToml, mode: anyMode, owner: anyOwner }),
    ),
    fc.tuple(anyPath.map((path) => `${path}/`), fc.constant("")),
  ),
  { maxLength: 8 },
).map(withoutConflicts);

/** A path cannot be a file and a directory at once: the first one counts. */
function withoutConflicts(entries: [string, Spec[string]][]): Spec {
  const spec: Spec = {};
  for (const [path, node] of entries) {
    const fits = Object.keys(spec).map(asDirectory).every((other) =>
      !asDirectory(path).startsWith(other) && !other.startsWith(asDirectory(path))
    );
    if (fits) spec[path] = node;
  }
  return spec;
}

function asDirectory(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}
