import assert from "@std/assert";
import { digestOf } from "../../src/oci/digest.ts";
import { openBlobFile } from "../../src/store/blob_file.ts";
import { ContentNotFoundError } from "../../src/store/content_store.ts";
import { tempDir } from "../support/temp_dir.ts";
import { uniqueBytes } from "./store_fixture.ts";

const DIGEST = await digestOf(new Uint8Array(1));

Deno.test("openBlobFile() throws NotFound for no file, ContentNotFoundError for none of the right kind or size", async () => {
  await using dir = await tempDir();
  await Deno.writeFile(`${dir.path}/file`, uniqueBytes(10));
  await assert.rejects(openBlobFile(`${dir.path}/absent`, DIGEST), Deno.errors.NotFound);
  await assert.rejects(openBlobFile(dir.path, DIGEST), ContentNotFoundError);
  await assert.rejects(openBlobFile(`${dir.path}/file`, DIGEST, { size: 11 }), ContentNotFoundError);
  await (await openBlobFile(`${dir.path}/file`, DIGEST, { size: 10 })).cancel();
});

Deno.test("openBlobFile() fails rather than end early when the file shrinks", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/file`;
  await Deno.writeFile(path, uniqueBytes(600_000));
  const reader = (await openBlobFile(path, DIGEST)).getReader();
  assert.ok(!(await reader.read()).done);
  await Deno.truncate(path, 300_000);
  await assert.rejects(async () => {
    while (!(await reader.read()).done);
  }, /the file ended/);
});

Deno.test("openBlobFile() reads nothing before it is asked to", async () => {
  await using dir = await tempDir();
  const path = `${dir.path}/file`;
  await Deno.writeFile(path, new Uint8Array(1_000).fill(1));
  let counted = 0;
  const stream = await openBlobFile(path, DIGEST, { onBytes: (count) => counted += count });
  await Deno.writeFile(path, new Uint8Array(1_000).fill(2));
  assert.equal(counted, 0);
  assert.deepEqual(await new Response(stream).bytes(), new Uint8Array(1_000).fill(2));
  assert.equal(counted, 1_000);
});

Deno.test("openBlobFile() reads an empty file", async () => {
  await using dir = await tempDir();
  await Deno.writeFile(`${dir.path}/file`, new Uint8Array());
  const reader = (await openBlobFile(`${dir.path}/file`, DIGEST)).getReader({ mode: "byob" });
  assert.ok((await reader.read(new Uint8Array(10))).done);
});
