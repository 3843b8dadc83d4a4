/** Something that a node may touch, and why it has to. */
export interface Allowance {
  /** The touch, such as `read /etc/hosts`; `*` stands for one segment of a path or less, `**` for any number. */
  touch: string;
  /** The reason, in one line. */
  why: string;
}

/** Returns what was touched although nothing in the table allows it. */
export function notAllowed(touched: readonly string[], table: readonly Allowance[]): string[] {
  const patterns = table.map(({ touch }) => toRegExp(touch));
  return touched.filter((touch) => !patterns.some((pattern) => pattern.test(touch)));
}

/** Returns the rows of the table that nothing was touched by. */
export function notNeeded(touched: readonly string[], table: readonly Allowance[]): string[] {
  return table.map(({ touch }) => touch).filter((touch) => !touched.some((text) => toRegExp(touch).test(text)));
}

function toRegExp(pattern: string): RegExp {
  const parts = pattern.split(/(\*+)/).map((part) =>
    part === "**" ? ".*" : part === "*" ? "[^/]*" : RegExp.escape(part)
  );
  return new RegExp(`^${parts.join("")}$`);
}
