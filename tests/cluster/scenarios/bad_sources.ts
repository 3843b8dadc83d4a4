import assert from "@std/assert";
import { MIB } from "../../../src/core/units.ts";
import { runCommand } from "../../support/run_command.ts";
import { assertContent } from "../harness/assert_content.ts";
import { LIES } from "../harness/lies.ts";
import { type Liar, makeLie } from "../harness/lying_proxy.ts";
import { assertAllPulled, pullWatched } from "../harness/roll_out.ts";
import type { Scenario } from "../harness/test_scenarios.ts";
import { assertRight, type Stage, troubledRollout, withoutLeaks } from "../harness/troubled_rollout.ts";
import { assertShare, requestsBut, upstreamShare } from "../harness/upstream_share.ts";

/** One copy, and what was on its way to a node that did not take it. */
const ONE_COPY = { copies: 1.25 };

/** containerd drops a download that was wrong a moment later; asked before that, it goes on with it. A kubelet waits. */
const DROPPED_MS = 2_000;

const UPSTREAM_CUTS: Scenario = {
  name: "upstream ends the lead's bodies early: it goes on at the same byte, and the others with it",
  run: (rollouts) =>
    withoutLeaks(rollouts, async () => {
      const result = await troubledRollout(rollouts, {
        before: ({ lead }) => failFor(lead.network.address, rollouts, { cutAfterBytes: 7 * MIB }),
        trouble: () => Promise.resolve(),
      });
      await assertRight(result, [result.led, ...result.followed]);
      assertShare(upstreamShare(result.requests, result.wanted.image), { copies: 1.05 });
    }),
};

const UPSTREAM_SLOW: Scenario = {
  name: "upstream is slow for the lead: every pull ends right",
  run: (rollouts) =>
    withoutLeaks(rollouts, async () => {
      const result = await troubledRollout(rollouts, {
        before: ({ lead }) => failFor(lead.network.address, rollouts, { bytesPerSecond: 4 * MIB }),
        trouble: () => Promise.resolve(),
      });
      await assertRight(result, [result.led, ...result.followed]);
      assertShare(upstreamShare(result.requests, result.wanted.image), { copies: 1.25 });
    }),
};

const UPSTREAM_RESETS: Scenario = {
  name: "upstream resets the lead's connection: the lead fails with that, the others go on at their byte",
  run: (rollouts) =>
    withoutLeaks(rollouts, async () => {
      const result = await troubledRollout(rollouts, { trouble: resetUpstream });
      await assertRight(result, result.followed);
      if (result.led.error) assert.match(result.led.error.message, /reset/i);
      assertShare(upstreamShare(result.requests, result.wanted.image), ONE_COPY);
    }),
};

const UPSTREAM_LIES: Scenario = {
  name: "upstream gives the lead wrong bytes: nobody keeps them, and the next pulls are right",
  run: (rollouts) =>
    withoutLeaks(rollouts, async () => {
      const result = await troubledRollout(rollouts, {
        before: ({ lead }) => failFor(lead.network.address, rollouts, { wrongByteAt: 20 * MIB }),
        trouble: () => Promise.resolve(),
      });
      assert.match(result.led.error?.message ?? "", /unexpected commit digest|failed precondition/);
      const failed = result.followed.filter(({ error }) => error);
      for (const { error } of failed) assert.match(error?.message ?? "", /digest|failed precondition|unexpected EOF/);
      await assertRight(result, result.followed.filter(({ error }) => !error));
      await rollouts.cluster.upstream.reset();
      await pullAgain(result, rollouts.nodes.filter((node) => node !== result.lead));
      // Nobody is believed about this digest for a while: each of those that were lied to asks upstream.
      assertShare(upstreamShare(await rollouts.requests(), result.wanted.image), {
        copies: failed.length + 1.05,
        manifestGets: Infinity,
        configGets: Infinity,
      });
    }),
};

const DISK_FULL: Scenario = {
  name: "the lead's disk is full: it fails with that, the others go on at their byte",
  run: (rollouts) =>
    withoutLeaks(rollouts, async () => {
      const ballast = `${rollouts.node(0).containerd.paths.root}/ballast`;
      try {
        const result = await troubledRollout(rollouts, {
          before: ({ lead }) => fillBut(`${lead.containerd.paths.root}/ballast`, 16),
          trouble: () => Promise.resolve(),
        });
        await assertRight(result, result.followed);
        assert.match(result.led.error?.message ?? "", /no space left/);
        assertShare(upstreamShare(result.requests, result.wanted.image), ONE_COPY);
      } finally {
        await Deno.remove(ballast);
      }
    }),
};

/** A node that others read from changes what it gives them. */
const LIARS: readonly Scenario[] = LIES.map((lie) => ({
  name: `a node that others read from lies (${lie}): nobody keeps it, and the next pulls do not ask it`,
  run: (rollouts) =>
    withoutLeaks(rollouts, async () => {
      let liar: Liar | undefined;
      try {
        const result = await troubledRollout(rollouts, {
          before: async ({ lead }) => liar = await makeLie(lead, lie, `${rollouts.cluster.dir}/liar.log`),
          trouble: () => Promise.resolve(),
        });
        const layer = result.wanted.image.layers[0]?.digest ?? result.wanted.image.config.digest;
        assert.equal(result.led.error, undefined);
        const asked = await liar?.askedFor(layer) ?? 0;
        assert.ok(asked > 0, "nobody asked the node that lies, so this shows nothing");
        await assertRight(result, result.followed.filter(({ error }) => !error));
        const failed = result.followed.filter(({ error }) => error).map(({ node }) => node);
        if (failed.length > 0) {
          await pullAgain(result, failed);
          assert.equal(await liar?.askedFor(layer), asked, "the node that lied was asked again");
        }
        // Nobody is believed about this digest for a while: each of those that were lied to asks upstream.
        const others = requestsBut(await rollouts.requests(), result.lead);
        assertShare(upstreamShare(others, result.wanted.image), { copies: result.followed.length + 0.05 });
      } finally {
        await liar?.[Symbol.asyncDispose]();
      }
    }),
}));

const FOLLOWERS_ABORT: Scenario = {
  name: "pulls of nodes that follow are cancelled: the others do not notice",
  run: (rollouts) =>
    withoutLeaks(rollouts, async () => {
      const wanted = await rollouts.newImage({ layers: [{ sizeBytes: 24 * MIB, compression: "none" }] });
      const leaving = rollouts.nodes.slice(2, 4);
      const staying = rollouts.nodes.filter((node) => !leaving.includes(node));
      await rollouts.cluster.upstream.reset();
      const cancel = new AbortController();
      const startMs = performance.now();
      const left = leaving.map((node) => pullWatched({ node, ...wanted }, { startMs, signal: cancel.signal }));
      const pulls = staying.map((node) => pullWatched({ node, ...wanted }, { startMs }));
      for (const node of leaving) await node.hasIngested(8 * MIB, wanted.image.layers);
      cancel.abort();
      for (const { error } of await Promise.all(left)) assert.ok(error, "the pull was to be cancelled before it ended");
      assertAllPulled(await Promise.all(pulls));
      await assertContent(staying, wanted.image);
      assertShare(upstreamShare(await rollouts.requests(), wanted.image), ONE_COPY);
    }),
};

/** What happens when a source gives less, or something else, than it should. */
export const BAD_SOURCES: readonly Scenario[] = [
  UPSTREAM_CUTS,
  UPSTREAM_SLOW,
  UPSTREAM_RESETS,
  UPSTREAM_LIES,
  DISK_FULL,
  ...LIARS,
  FOLLOWERS_ABORT,
];

async function failFor(
  from: string,
  { cluster: { upstream } }: Stage["rollouts"],
  fault: { cutAfterBytes?: number; bytesPerSecond?: number; wrongByteAt?: number },
): Promise<void> {
  await upstream.setFaults([{ path: "/blobs/", from, ...fault }]);
}

/** Answers the next packet of every connection between upstream and the lead by a reset, for a moment. */
async function resetUpstream({ rollouts, lead }: Stage): Promise<void> {
  const { netns } = rollouts.cluster.upstreamNetwork;
  const nft = (rules: string) => runCommand("ip", ["netns", "exec", netns, "nft", "-f", "-"], { stdin: rules });
  await nft(`table ip peili_reset {
    chain input {
      type filter hook input priority 0;
      ip saddr ${lead.network.address} tcp dport 5000 reject with tcp reset
    }
  }`);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await nft("delete table ip peili_reset");
}

/** Leaves so many MiB on the disk of a path. */
async function fillBut(path: string, mib: number): Promise<void> {
  const free = (await runCommand("df", ["--output=avail", "--block-size=1M", path.slice(0, path.lastIndexOf("/"))]))
    .split("\n")[1] ?? "";
  await runCommand("fallocate", ["--length", `${Number(free) - mib}M`, path]);
}

/** Pulls a second time on nodes whose first attempt may have failed. */
async function pullAgain({ wanted }: Stage, nodes: readonly Stage["lead"][]): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, DROPPED_MS));
  const startMs = performance.now();
  const again = await Promise.all(nodes.map((node) => pullWatched({ node, ...wanted }, { startMs })));
  assertAllPulled(again);
  await assertContent(nodes, wanted.image);
}
