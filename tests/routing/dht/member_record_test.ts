import assert from "@std/assert";
import fc from "fast-check";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { decodeMemberRecord, recordSigner } from "../../../src/routing/dht/member_record.ts";
import { makeRecord } from "./member_fixture.ts";

const KEY = await generateKeyPair("Ed25519");
const SIGN = recordSigner(KEY);
const ID = peerIdFromPrivateKey(KEY);

Deno.test("decodeMemberRecord() reads what was signed, and says who made it", () => {
  const text = fc.string({ unit: "grapheme-ascii", maxLength: 63 });
  fc.assert(fc.property(
    fc.record({
      seq: fc.maxSafeNat(),
      startedMs: fc.maxSafeNat(),
      addrs: fc.array(fc.uint8Array({ maxLength: 128 }), { maxLength: 8 }),
      port: fc.integer({ min: 1, max: 65_535 }),
      zone: text,
      protocols: fc.array(text, { maxLength: 16 }),
      load: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
      leaving: fc.boolean(),
    }),
    (told) => {
      const record = makeRecord(ID, told);
      const unverified = decodeMemberRecord(SIGN(record));
      assert.deepEqual(unverified.record, record);
      assert.equal(unverified.verify()?.toString(), ID.toString());
    },
  ));
});

Deno.test("a record that was changed, or that another node made, is nobody's", async () => {
  const record = makeRecord(ID);
  const changed = SIGN(record);
  const at = changed.indexOf(record.port & 0x7f | 0x80); // within the payload
  changed[at]! ^= 1;
  assert.equal(decodeMemberRecord(changed).verify(), undefined);
  const forger = recordSigner(await generateKeyPair("Ed25519"));
  assert.equal(decodeMemberRecord(forger(record)).verify(), undefined);
  assert.equal(decodeMemberRecord(SIGN({ ...record, id: Uint8Array.of(1, 2, 3) })).verify(), undefined);
});

for (const [name, told] of Object.entries({ "no id": { id: new Uint8Array() }, "port 0": { port: 0 } })) {
  Deno.test(`decodeMemberRecord() throws SyntaxError on ${name}`, () => {
    assert.throws(() => decodeMemberRecord(SIGN(makeRecord(ID, told))), SyntaxError);
  });
}

Deno.test("decodeMemberRecord() throws SyntaxError on a record that is too long", () => {
  assert.throws(() => decodeMemberRecord(new Uint8Array(2_049)), SyntaxError);
});

Deno.test("decodeMemberRecord() reads any bytes, or throws SyntaxError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        decodeMemberRecord(bytes).verify();
      } catch (reason) {
        assert.ok(reason instanceof SyntaxError);
      }
    }),
    { numRuns: 500 },
  );
});
