import assert from "@std/assert";
import fc from "fast-check";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  decodeKadMessage,
  encodeKadMessage,
  KAD_MESSAGE_TYPES,
  type KadMessage,
} from "../../../src/routing/dht/kad_message.ts";

const bytesArbitrary = fc.uint8Array({ minLength: 1, maxLength: 80 });
const peersArbitrary = fc.array(
  fc.record({ id: bytesArbitrary, addrs: fc.array(bytesArbitrary, { maxLength: 16 }) }),
  { maxLength: 10 },
);
const messageArbitrary: fc.Arbitrary<Required<KadMessage>> = fc.record({
  type: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  key: fc.uint8Array({ maxLength: 80 }),
  closer: peersArbitrary,
  providers: peersArbitrary,
});

function hex(message: Required<KadMessage>): unknown {
  return JSON.parse(JSON.stringify(message, (_key, value) => value instanceof Uint8Array ? value.toHex() : value));
}

Deno.test("decodeKadMessage() reads what encodeKadMessage() writes", () => {
  fc.assert(fc.property(messageArbitrary, (message) => {
    assert.deepEqual(hex(decodeKadMessage(encodeKadMessage(message))), hex(message));
  }));
});

Deno.test("decodeKadMessage() reads any bytes, or throws SyntaxError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeKadMessage(bytes);
      } catch (reason) {
        assert(reason instanceof SyntaxError);
      }
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("decodeKadMessage() reads a valid message with any of its bytes changed, or throws SyntaxError", () => {
  fc.assert(
    fc.property(messageArbitrary, fc.nat(), fc.integer({ min: 0, max: 255 }), (message, at, byte) => {
      const bytes = encodeKadMessage(message);
      bytes[at % bytes.length] = byte;
      try {
        decodeKadMessage(bytes);
      } catch (reason) {
        assert(reason instanceof SyntaxError);
      }
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("encodeKadMessage() writes the bytes that the protocol's definition gives", () => {
  const message = { type: KAD_MESSAGE_TYPES.addProvider, key: Uint8Array.of(1, 2) };
  const providers = [{ id: Uint8Array.of(3), addrs: [Uint8Array.of(4), Uint8Array.of(5)] }];
  assert.equal(
    encodeKadMessage({ ...message, providers }).toHex(),
    "0802" + "12020102" + "4a09" + "0a0103120104120105",
  );
});

Deno.test("decodeKadMessage() skips fields that it does not know, and fields of another type", () => {
  const writer = new BinaryWriter();
  writer.tag(10, WireType.Varint).int32(7); // the cluster level of older messages
  writer.tag(2, WireType.Varint).int32(7); // a key that is a number
  writer.tag(99, WireType.LengthDelimited).bytes(Uint8Array.of(1));
  writer.tag(1, WireType.Varint).int32(KAD_MESSAGE_TYPES.ping);
  assert.deepEqual(decodeKadMessage(writer.finish()), {
    type: KAD_MESSAGE_TYPES.ping,
    key: new Uint8Array(),
    closer: [],
    providers: [],
  });
});

Deno.test("decodeKadMessage() cuts lists, and leaves out parts that are too long", () => {
  const many = Array.from({ length: 100 }, (_, index) => ({
    id: Uint8Array.of(index),
    addrs: Array.from({ length: 30 }, () => Uint8Array.of(1)),
  }));
  const long = { id: Uint8Array.of(1), addrs: [new Uint8Array(257)] };
  const message = { type: KAD_MESSAGE_TYPES.findNode, key: new Uint8Array(), closer: many, providers: [long] };
  const { closer, providers } = decodeKadMessage(encodeKadMessage(message));
  assert.equal(closer.length, 64);
  assert.equal(closer[0]?.addrs.length, 16);
  assert.deepEqual(providers, [{ id: Uint8Array.of(1), addrs: [] }]);
});

Deno.test("decodeKadMessage() throws SyntaxError on a key that is too long", () => {
  const bytes = encodeKadMessage({ type: KAD_MESSAGE_TYPES.getProviders, key: new Uint8Array(81) });
  assert.throws(() => decodeKadMessage(bytes), SyntaxError);
});
