/**
 * Which folder of `src/` may import what: the import direction of the project, as data and as one function.
 *
 * @module
 */

/** The level of every folder. A file imports its own folder, and folders of lower levels. */
export const LEVELS: Readonly<Record<string, number>> = {
  "core": 0,
  "oci": 1,
  "metrics": 1,
  "http": 2,
  "store": 2,
  "trust": 2,
  "routing": 2,
  "bootstrap": 2,
  "store/containerd": 3,
  "store/oci_layout": 3,
  "routing/dht": 3,
  "hosts": 3,
  "announce": 3,
  "retain": 3,
  "transfer": 3,
  "flight": 3,
  "status": 3,
  "registry": 4,
  "console": 4,
  "doctor": 4,
  "node": 5,
  "cli": 6,
};

/** Libraries that stay behind an adapter, and the folders that are it. */
export const VENDOR_FOLDERS: readonly { library: RegExp; folders: readonly string[] }[] = [
  { library: /^(@libp2p\/|@chainsafe\/libp2p-|libp2p($|\/))/, folders: ["routing/dht", "flight/wire"] },
  { library: /^@noble\//, folders: ["routing/dht"] },
  { library: /^@multiformats\/multiaddr$/, folders: ["routing/dht", "flight/wire", "bootstrap"] }, // a syntax only
  { library: /^(@multiformats\/|multiformats($|\/))/, folders: ["routing/dht", "flight/wire"] },
  { library: /^(datastore-core|interface-datastore|interface-store)($|\/)/, folders: ["routing/dht"] },
  { library: /^@grpc\//, folders: ["store/containerd"] },
  { library: /^@bufbuild\//, folders: ["store/containerd", "routing/dht", "flight/wire"] },
  { library: /^prom-client($|\/)/, folders: ["metrics"] },
  { library: /^commander($|\/)/, folders: ["cli"] },
  { library: /^@opentelemetry\//, folders: ["core"] },
  { library: /^@std\/toml($|\/)/, folders: ["hosts", "doctor"] },
  { library: /^(@std\/assert|fast-check|yaml)($|\/)/, folders: [] },
];

/** Specifiers that go past the import map, which is the one place where libraries and their versions are named. */
const PAST_THE_MAP_REGEXP = /^(npm|jsr|https?|file|data):/;

/** The project's own description, which holds the version. */
const PROJECT_FILE = "../deno.json";

/**
 * Tells what is wrong with an import, if anything.
 *
 * @param file The importing file, relative to `src/`: `store/containerd/open.ts`.
 * @param specifier What it imports, as written.
 */
export function importProblem(file: string, specifier: string): string | undefined {
  if (PAST_THE_MAP_REGEXP.test(specifier)) return `"${specifier}" must come through the import map`;
  return specifier.startsWith(".") ? directionProblem(file, specifier) : vendorProblem(file, specifier);
}

/** Returns the file that a relative specifier names, relative to `src/`; outside of it, the path begins with `../`. */
export function resolveImport(file: string, specifier: string): string {
  const root = "file:///root/src/";
  const { pathname } = new URL(specifier, `${root}${file}`);
  const inside = new URL(root).pathname;
  return pathname.startsWith(inside) ? pathname.slice(inside.length) : `..${pathname.slice("/root".length)}`;
}

/** Returns the folder of the table that a file belongs to: the longest that fits. */
export function folderOf(file: string): string | undefined {
  return Object.keys(LEVELS).filter((folder) => file.startsWith(`${folder}/`)).sort((a, b) => b.length - a.length)[0];
}

function directionProblem(file: string, specifier: string): string | undefined {
  if (resolveImport(file, specifier) === PROJECT_FILE) return undefined;
  if (!specifier.endsWith(".ts")) return `"${specifier}" must name a file`;
  const target = resolveImport(file, specifier);
  const [from, to] = [folderOf(file), folderOf(target)];
  if (from === undefined) return `"${file}" is in no folder of the table in tests/rules/layers.ts`;
  if (to === undefined) return `"${specifier}" is in no folder of the table in tests/rules/layers.ts`;
  const [fromLevel, toLevel] = [LEVELS[from] ?? 0, LEVELS[to] ?? 0];
  if (from === to || toLevel < fromLevel) return undefined;
  return `"${from}" (level ${fromLevel}) must not import "${to}" (level ${toLevel})`;
}

function vendorProblem(file: string, specifier: string): string | undefined {
  const vendor = VENDOR_FOLDERS.find(({ library }) => library.test(specifier));
  if (!vendor || vendor.folders.some((folder) => file.startsWith(`${folder}/`))) return undefined;
  const where = vendor.folders.length === 0 ? "tests" : vendor.folders.join(" and ");
  return `"${specifier}" belongs to ${where} only`;
}
