import assert from "@std/assert";
import { sleep } from "../../src/core/deadline.ts";
import { DirectClient } from "../../src/http/direct_client.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import type { DistributionPath } from "../../src/oci/distribution_path.ts";
import type { Provider } from "../../src/routing/router.ts";
import { CandidatesExhaustedError } from "../../src/transfer/hedge.ts";
import { PeerFetcher } from "../../src/transfer/peer_fetcher.ts";
import { PeerResponseError } from "../../src/transfer/peer_request.ts";
import { PeerClient, type PeerListener } from "../../src/trust/peer_client.ts";

const TIMEOUT = { timeoutMs: 20_000 };
const PROVIDERS: Provider[] = ["one", "two"].map((id) => ({ id, hosts: [`${id}:1`] }));

/** A fetcher, and what it has counted. */
function fetcher() {
  const metrics = new Metrics();
  const http = new DirectClient();
  const client = new PeerClient({ http });
  const watched: string[] = [];
  return {
    watched,
    peers: new PeerFetcher({ client, metrics, watcher: { failed: (id) => void watched.push(id) } }),
    async counted(): Promise<Record<string, number>> {
      const { values } = await metrics.peerRequests.get();
      return Object.fromEntries(values.map(({ labels, value }) => [labels.result, value]));
    },
    [Symbol.dispose]: () => http[Symbol.dispose](),
  };
}

Deno.test("PeerFetcher tells who answered, and counts it", async () => {
  using fixture = fetcher();
  const { provider, value } = await fixture.peers.fetch(PROVIDERS, ({ host }) => Promise.resolve(host), TIMEOUT);
  assert.deepEqual([provider.id, value], ["one", "one:1"]);
  assert.deepEqual(await fixture.counted(), { ok: 1 });
});

Deno.test("PeerFetcher tells peers that lack the content from those that fail", async () => {
  using fixture = fetcher();
  const attempt = ({ host }: PeerListener) =>
    Promise.reject(host === "one:1" ? new PeerResponseError("GET x", 404, "") : new TypeError("Connection refused"));
  await assert.rejects(fixture.peers.fetch(PROVIDERS, attempt, TIMEOUT), CandidatesExhaustedError);
  assert.deepEqual(await fixture.counted(), { missing: 1, failed: 1 });
  assert.deepEqual(fixture.watched, ["two"], "who only lacks it is there");
});

Deno.test("PeerFetcher takes a guess that lacks the content for no record that is old", async () => {
  using fixture = fetcher();
  const path: DistributionPath = { registry: "registry.test", repository: "app", kind: "manifests", tag: "v1" };
  const [one = assert.fail(), two = assert.fail()] = PROVIDERS;
  const attempt = () => Promise.reject(new PeerResponseError("GET x", 404, ""));
  await assert.rejects(
    fixture.peers.fetch([{ ...one, guessed: true }, two], attempt, { ...TIMEOUT, path }),
    CandidatesExhaustedError,
  );
  const { reputation } = fixture.peers;
  assert.deepEqual(PROVIDERS.map(({ id }) => reputation.worthAsking(id, path)), [true, false]);
});

Deno.test("PeerFetcher counts an attempt that was overtaken neither as good nor as bad", async () => {
  using fixture = fetcher();
  const attempt = ({ host }: PeerListener, signal: AbortSignal) =>
    host === "two:1" ? Promise.resolve(host) : new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  assert.equal((await fixture.peers.fetch(PROVIDERS, attempt, TIMEOUT)).provider.id, "two");
  await sleep(1);
  assert.deepEqual(await fixture.counted(), { ok: 1 });
});

Deno.test("PeerFetcher waits for a peer as long as peers have taken before, failures included", async () => {
  using fixture = fetcher();
  const slowFailure = () => sleep(500).then(() => Promise.reject(new TypeError("Connection reset")));
  await assert.rejects(fixture.peers.fetch(PROVIDERS.slice(0, 1), slowFailure, TIMEOUT), CandidatesExhaustedError);
  const asked: string[] = [];
  await fixture.peers.fetch(PROVIDERS, async ({ host }) => {
    asked.push(host);
    await sleep(100); // twice as long as is waited for before anything is known
  }, TIMEOUT);
  assert.deepEqual(asked, ["one:1"]);
});

Deno.test("PeerFetcher tries another address of a peer beside one that is late, and cancels the loser", async () => {
  using fixture = fetcher();
  const cancelled: string[] = [];
  const attempt = ({ host }: PeerListener, signal: AbortSignal) => {
    if (host === "[::1]:1") return Promise.resolve(host);
    signal.addEventListener("abort", () => cancelled.push(host));
    return new Promise<never>(() => {});
  };
  const provider = { id: "one", hosts: ["127.0.0.1:1", "[::1]:1"] };
  assert.equal((await fixture.peers.fetch([provider], attempt, TIMEOUT)).value, "[::1]:1");
  assert.deepEqual(cancelled, ["127.0.0.1:1"]);
});

Deno.test("PeerFetcher throws the caller's reason when the caller aborts", async () => {
  using fixture = fetcher();
  const caller = new AbortController();
  const fetching = fixture.peers.fetch(PROVIDERS, () => new Promise<never>(() => {}), {
    ...TIMEOUT,
    signal: caller.signal,
  });
  caller.abort(new Error("gone"));
  await assert.rejects(fetching, /gone/);
});
