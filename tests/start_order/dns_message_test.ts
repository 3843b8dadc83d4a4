import assert from "@std/assert";
import { readQuestion, TYPE_A, writeAnswer } from "./dns_message.ts";

/** Asks for the IPv4 addresses of `Node.test`, with the id 0x1234. */
const QUERY = Uint8Array.fromHex("12340100000100000000000004" + "4e6f6465" + "04" + "74657374" + "0000010001");

Deno.test("readQuestion() reads the name and the type", () => {
  assert.deepEqual(readQuestion(QUERY), { name: "node.test", type: TYPE_A });
});

Deno.test("writeAnswer() repeats the question and adds the addresses", () => {
  const answer = writeAnswer(QUERY, { code: 0, addresses: ["10.0.0.7"] });
  const head = "12348180000100010000000004" + "4e6f6465" + "04" + "74657374" + "0000010001";
  assert.equal(answer.toHex(), head + "c00c0001000100000000" + "0004" + "0a000007");
});

Deno.test("writeAnswer() tells that a name does not exist", () => {
  const answer = writeAnswer(QUERY, { code: 3, addresses: [] });
  assert.equal(answer.toHex().slice(0, 24), "123481830001000000000000");
});
