import assert from "@std/assert";
import { notAllowed, notNeeded } from "./allowance.ts";

const TABLE = [
  { touch: "read /etc/hosts", why: "names" },
  { touch: "read /data/*", why: "its own files" },
  { touch: "read /lib/**", why: "libraries" },
];

Deno.test("notAllowed() returns what no row allows", () => {
  const touched = ["read /etc/hosts", "read /data/key", "read /lib/a/b.so", "read /data/a/b", "write /data/key"];
  assert.deepEqual(notAllowed(touched, TABLE), ["read /data/a/b", "write /data/key"]);
  assert.deepEqual(notAllowed(["read /etc/hosts2", "xread /etc/hosts"], TABLE), [
    "read /etc/hosts2",
    "xread /etc/hosts",
  ]);
});

Deno.test("notNeeded() returns the rows that nothing matches", () => {
  assert.deepEqual(notNeeded(["read /data/key"], TABLE), ["read /etc/hosts", "read /lib/**"]);
});
