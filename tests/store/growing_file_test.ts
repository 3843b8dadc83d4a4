import assert from "@std/assert";
import { digestOf } from "../../src/oci/digest.ts";
import { GrowingFile } from "../../src/store/growing_file.ts";
import { IngestLostError } from "../../src/store/ingest.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";

const DIGEST = await digestOf(new Uint8Array(1));
const TOTAL = 10;

/** A download of ten bytes in a directory of its own, whose writer is the test. */
async function openDownload() {
  const dir = await tempDir();
  const paths = { growing: `${dir.path}/growing`, complete: `${dir.path}/complete` };
  let identity: string | undefined = "first";
  const place = { ...paths, identity: "first", identify: () => Promise.resolve(identity) };
  const file = new GrowingFile({ digest: DIGEST, total: TOTAL }, place);
  return {
    ...paths,
    file,
    become: (other: string | undefined) => identity = other,
    read: async (position: number): Promise<number[]> => {
      const into = new Uint8Array(TOTAL);
      return [...into.subarray(0, await file.read(into, position))];
    },
    async [Symbol.asyncDispose]() {
      file.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

Deno.test("GrowingFile waits for a file that is not there yet", async () => {
  await using download = await openDownload();
  await download.file.open();
  assert.deepEqual(await download.read(0), []);
  await Deno.writeFile(download.growing, new Uint8Array([1, 2]));
  assert.deepEqual(await download.read(0), [1, 2]);
  assert.deepEqual(await download.read(2), []);
  await Deno.writeFile(download.growing, new Uint8Array([3]), { append: true });
  assert.deepEqual(await download.read(2), [3]);
  assert.deepEqual(await download.read(0), [1, 2, 3], "any position can be read");
});

Deno.test("GrowingFile goes on in a file that is renamed and removed", async () => {
  await using download = await openDownload();
  const bytes = new Uint8Array(TOTAL).map((_, index) => index);
  await Deno.writeFile(download.growing, bytes.subarray(0, 4));
  assert.deepEqual(await download.read(0), [0, 1, 2, 3]);
  await Deno.writeFile(download.growing, bytes.subarray(4), { append: true });
  await Deno.rename(download.growing, download.complete);
  await Deno.remove(download.complete);
  download.become(undefined);
  assert.deepEqual(await download.read(4), [4, 5, 6, 7, 8, 9]);
});

Deno.test("GrowingFile takes what is complete, also where it saw nothing of the growing", async () => {
  await using download = await openDownload();
  await download.file.open();
  await Deno.writeFile(download.complete, new Uint8Array(TOTAL).fill(7));
  download.become(undefined);
  assert.deepEqual(await download.read(8), [7, 7]);
});

Deno.test("GrowingFile goes on in the complete file when its own was given up", async () => {
  await using download = await openDownload();
  await Deno.writeFile(download.growing, new Uint8Array(4));
  assert.equal((await download.read(0)).length, 4);
  await Deno.writeFile(download.complete, new Uint8Array(TOTAL).fill(7));
  await Deno.remove(download.growing);
  assert.deepEqual(await download.read(4), []);
  assert.deepEqual(await download.read(4), [7, 7, 7, 7, 7, 7]);
});

Deno.test("GrowingFile is lost when its file is given up, and takes no other for the complete one", async () => {
  await using download = await openDownload();
  await Deno.writeFile(download.growing, new Uint8Array(4));
  assert.equal((await download.read(0)).length, 4);
  await Deno.writeFile(download.complete, new Uint8Array(TOTAL - 1));
  await Deno.remove(download.growing);
  await assert.rejects(() => download.read(4), IngestLostError);
});

Deno.test("GrowingFile is lost when its file shrinks", async () => {
  await using download = await openDownload();
  await Deno.writeFile(download.growing, new Uint8Array(4));
  assert.equal((await download.read(0)).length, 4);
  await Deno.truncate(download.growing, 0);
  await assert.rejects(() => download.read(4), IngestLostError);
});

for (const other of [undefined, "second"]) {
  Deno.test(`GrowingFile is lost when the download ${other ? "begins again" : "is gone"} before it has a file`, async () => {
    await using download = await openDownload();
    await download.file.open();
    download.become(other);
    await assert.rejects(() => download.read(0), IngestLostError);
    if (other === undefined) return;
    await Deno.writeFile(download.growing, new Uint8Array(4));
    await assert.rejects(() => download.read(0), IngestLostError, "a file of another download");
  });
}

Deno.test("GrowingFile is lost when another download goes on in the same file", async () => {
  await using download = await openDownload();
  await Deno.writeFile(download.growing, new Uint8Array(4));
  assert.equal((await download.read(0)).length, 4);
  download.become("second");
  const lost = await until("the loss", () => download.read(4).then(() => false, (reason: unknown) => reason));
  assert.ok(lost instanceof IngestLostError);
});

Deno.test("GrowingFile holds nothing when it is closed while it opens or reads", async () => {
  await using download = await openDownload();
  await Deno.writeFile(download.growing, new Uint8Array(4));
  const opening = download.file.open();
  download.file.close();
  await opening;
  assert.deepEqual(await download.read(0), []);
});
