import assert from "@std/assert";
import type { MessageStream } from "@libp2p/interface";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { loadIdentity } from "../../../src/routing/dht/identity.ts";
import { joinedNoise } from "../../../src/routing/dht/joined_noise.ts";

const log = Object.assign(() => {}, { error() {}, trace() {}, newScope: () => log, enabled: false });

/** A connection that nobody answers on, and keeps what is sent. */
function silentConnection(sent: unknown[]): MessageStream {
  const state = { status: "open", readStatus: "readable", writeStatus: "writable", remoteWriteStatus: "writable" };
  const send = (data: unknown) => {
    sent.push(data);
    return true;
  };
  const connection = Object.assign(new EventTarget(), state, { log, send, push() {}, unshift() {}, abort() {} });
  return connection as unknown as MessageStream;
}

Deno.test("joinedNoise() sends a message with its length in one piece", async () => {
  const privateKey = await loadIdentity();
  const components = {
    privateKey,
    peerId: peerIdFromPrivateKey(privateKey),
    logger: { forComponent: () => log },
    upgrader: { getStreamMuxers: () => new Map() },
  };
  const encrypter = joinedNoise()(components as unknown as Parameters<ReturnType<typeof joinedNoise>>[0]);
  const sent: unknown[] = [];
  const handshake = encrypter.secureOutbound(silentConnection(sent), { signal: AbortSignal.timeout(50) });
  await assert.rejects(handshake);
  const [first] = sent.map((data) => data instanceof Uint8Array ? data : undefined);
  assert.equal(first && 2 + new DataView(first.buffer, first.byteOffset).getUint16(0), first?.length ?? "one piece");
});
