import assert from "@std/assert";
import fc from "fast-check";
import { canonicalIp, isLoopback, isNodeAddress } from "../../../src/routing/dht/ip_address.ts";

const CANONICAL: { text: string; ip: string | undefined }[] = [
  { text: "10.0.0.1", ip: "10.0.0.1" },
  { text: "::1", ip: "::1" },
  { text: "0:0:0:0:0:0:0:1", ip: "::1" },
  { text: "FD00::00a", ip: "fd00::a" },
  { text: "::ffff:10.0.0.1", ip: "10.0.0.1" },
  { text: "::ffff:7f00:1", ip: "127.0.0.1" },
  { text: "::", ip: "::" },
  { text: "fe80::1%eth0", ip: undefined },
  { text: "10.0.0", ip: undefined },
  { text: "localhost", ip: undefined },
  { text: "", ip: undefined },
];
Deno.test.each(CANONICAL)("canonicalIp() of $text is $ip", ({ text, ip }) => {
  assert.equal(canonicalIp(text), ip);
});

Deno.test("canonicalIp() changes nothing the second time, whatever the text", () => {
  fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
    const ip = canonicalIp(text);
    if (ip !== undefined) assert.equal(canonicalIp(ip), ip);
  }));
});

const NODE_ADDRESSES: { ip: string; node: boolean }[] = [
  { ip: "10.0.0.1", node: true },
  { ip: "203.0.113.9", node: true },
  { ip: "fd00::1", node: true },
  { ip: "2001:db8::1", node: true },
  { ip: "0.0.0.0", node: false },
  { ip: "169.254.169.254", node: false },
  { ip: "224.0.0.1", node: false },
  { ip: "239.1.1.1", node: false },
  { ip: "255.255.255.255", node: false },
  { ip: "::", node: false },
  { ip: "fe80::1", node: false },
  { ip: "febf::1", node: false },
  { ip: "ff02::1", node: false },
];
Deno.test.each(NODE_ADDRESSES)("isNodeAddress() of $ip is $node", ({ ip, node }) => {
  assert.equal(isNodeAddress(ip), node);
});

Deno.test("isLoopback() holds for all of 127.0.0.0/8 and for ::1", () => {
  assert.deepEqual(["127.0.0.1", "127.9.9.9", "::1"].map(isLoopback), [true, true, true]);
  assert.deepEqual(["10.127.0.1", "1.127.0.0", "::2"].map(isLoopback), [false, false, false]);
});
