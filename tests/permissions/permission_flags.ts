/** One kind of permission in a set of `deno.json`: all of it, the named things, or these with the rest ignored. */
export type Grant = boolean | readonly string[] | { readonly allow: readonly string[]; readonly ignore: boolean };

/** Writes a permission set of `deno.json` as the flags that grant the same, sorted. */
export function permissionFlags(set: Readonly<Record<string, Grant>>): string[] {
  return Object.entries(set).flatMap(([kind, grant]) => grantFlags(kind, grant)).sort();
}

function grantFlags(kind: string, grant: Grant): string[] {
  if (grant === false) return [];
  if (grant === true) return [`--allow-${kind}`];
  if (!("allow" in grant)) return [`--allow-${kind}=${grant.join(",")}`];
  return [...grantFlags(kind, grant.allow), ...(grant.ignore ? [`--ignore-${kind}`] : [])];
}
