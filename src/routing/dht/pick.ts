/** Returns some of the items, chosen by chance. */
export function pick<T>(items: readonly T[], count: number): T[] {
  const left = [...items];
  const picked: T[] = [];
  while (picked.length < count && left.length > 0) {
    const at = Math.floor(Math.random() * left.length);
    picked.push(left[at]!);
    left[at] = left.at(-1)!;
    left.pop();
  }
  return picked;
}
