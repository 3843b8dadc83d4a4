/**
 * Brings what Deno remembers of a program into a form that is the same after every build, and that can be read on a
 * root file system that nobody can write to: `settle_cache.ts <DENO_DIR>`.
 *
 * Deno keeps it in SQLite databases with a write-ahead log. A log has random numbers in it, and a database that expects
 * one cannot be opened where neither the log nor the index of it (`-shm`) can be made; without a word, Deno then
 * analyses the program again and holds 50 MiB more. So everything is moved into the database, and both files are left
 * there with nothing in them.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";

/** The databases of Deno that are read when a program starts. */
const DATABASES = ["dep_analysis_cache_v2", "node_analysis_cache_v2"];

if (import.meta.main) {
  const [dir] = Deno.args;
  for (const name of DATABASES) {
    const path = `${dir}/${name}`;
    if (!Deno.statSync(path).isFile) throw new Error(`Cannot settle "${path}": it is no file`);
    const database = new DatabaseSync(path);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    database.close();
    for (const part of ["wal", "shm"]) Deno.writeFileSync(`${path}-${part}`, new Uint8Array());
  }
}
