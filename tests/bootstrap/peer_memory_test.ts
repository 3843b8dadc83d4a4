import assert from "@std/assert";
import type { BootstrapCandidate, Bootstrapper } from "../../src/bootstrap/bootstrapper.ts";
import { createNoBootstrapper } from "../../src/bootstrap/none.ts";
import { PeerMemory } from "../../src/bootstrap/peer_memory.ts";
import { tempDir } from "../support/temp_dir.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

function peer(name: string): BootstrapCandidate {
  return { id: name, addrs: [`/ip4/10.0.0.1/tcp/5001`] };
}

/** Runs a memory that sees these peers, to its end. */
async function see(dataDir: string, peers: BootstrapCandidate[], now = Date.now): Promise<void> {
  await using memory = new PeerMemory(createNoBootstrapper(), { dataDir, now });
  await memory.candidates();
  memory.keep(() => peers);
}

async function idsIn(dataDir: string, options: { inner?: Bootstrapper; now?: () => number } = {}): Promise<string[]> {
  const { inner = createNoBootstrapper(), now } = options;
  await using memory = new PeerMemory(inner, { dataDir, now });
  return (await memory.candidates()).map(({ id }) => id ?? "");
}

Deno.test("PeerMemory names the peers of the last run behind those of the configured bootstrapper", async () => {
  await using dir = await tempDir();
  await see(dir.path, [peer("a"), peer("b")]);
  const inner: Bootstrapper = { name: "static", candidates: () => Promise.resolve([peer("configured")]) };
  assert.deepEqual(await idsIn(dir.path, { inner }), ["configured", "a", "b"]);
});

Deno.test("PeerMemory names the peers of the last run when the configured bootstrapper fails", async () => {
  await using dir = await tempDir();
  const inner: Bootstrapper = { name: "dns", candidates: () => Promise.reject(new Error("no name server")) };
  await assert.rejects(idsIn(dir.path, { inner }), /no name server/);
  await see(dir.path, [peer("a")]);
  assert.deepEqual(await idsIn(dir.path, { inner }), ["a"]);
});

Deno.test("PeerMemory keeps peers of earlier runs for a while, and at most 64", async () => {
  await using dir = await tempDir();
  const startMs = Date.now();
  await see(dir.path, [peer("old")], () => startMs);
  await see(dir.path, [peer("new")], () => startMs + 10 * DAY_MS);
  assert.deepEqual(await idsIn(dir.path, { now: () => startMs + 10 * DAY_MS }), ["new", "old"]);
  assert.deepEqual(await idsIn(dir.path, { now: () => startMs + 15 * DAY_MS }), ["new"]);
  await see(dir.path, Array.from({ length: 100 }, (_, index) => peer(`peer-${index}`)));
  assert.equal((await idsIn(dir.path)).length, 64);
});

const UNUSABLE = { "no JSON": "{", "another form": '[{"id":1}]', "too long": `"${"x".repeat(300_000)}"`, "empty": "" };

for (const [what, text] of Object.entries(UNUSABLE)) {
  Deno.test(`PeerMemory does without a file that is ${what}, and replaces it`, async () => {
    await using dir = await tempDir();
    await Deno.writeTextFile(`${dir.path}/peers.json`, text);
    assert.deepEqual(await idsIn(dir.path), []);
    await see(dir.path, [peer("a")]);
    assert.deepEqual(await idsIn(dir.path), ["a"]);
  });
}

Deno.test("PeerMemory does without a directory that cannot be written", async () => {
  await see("/proc/self/nowhere", [peer("a")]);
  assert.deepEqual(await idsIn("/proc/self/nowhere"), []);
});

Deno.test("PeerMemory without a directory remembers nothing and has nothing to end", async () => {
  await using memory = new PeerMemory(createNoBootstrapper());
  memory.keep(() => [peer("a")]);
  assert.deepEqual(await memory.candidates(), []);
});
