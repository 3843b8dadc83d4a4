import assert from "@std/assert";
import { serve } from "./behaviours.ts";
import { FaultyPeer } from "./faulty_peer.ts";
import { CONTENT } from "./relay_fixture.ts";

/** A port where nothing listens. */
const DEAD_PROXY = "http://127.0.0.1:9";

/** Relays in a process of its own, as Deno reads these variables only once. */
async function relayWith(env: Record<string, string>): Promise<{ code: number; output: string; error: string }> {
  await using peer = await FaultyPeer.start(CONTENT, serve());
  const script = new URL("relay_main.ts", import.meta.url).pathname;
  const flags = ["--quiet", "--no-prompt", "--allow-net=127.0.0.1", "--ignore-env"];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, script, peer.host, String(CONTENT.length)],
    env,
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout).trim(), error: decoder.decode(stderr) };
}

for (const names of [["HTTP_PROXY"], ["http_proxy"], ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"]]) {
  Deno.test(`a peer is asked past a proxy that is named by ${names[0]}`, async () => {
    const { code, output, error } = await relayWith(Object.fromEntries(names.map((name) => [name, DEAD_PROXY])));
    assert.equal(code, 0, error);
    assert.equal(output, String(CONTENT.length));
  });
}
