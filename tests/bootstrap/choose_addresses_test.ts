import assert from "@std/assert";
import { chooseAddresses } from "../../src/bootstrap/choose_addresses.ts";

function four(addresses: readonly string[]) {
  return addresses.map((address) => ({ address, family: 4 }));
}

function six(addresses: readonly string[]) {
  return addresses.map((address) => ({ address, family: 6 }));
}

Deno.test("chooseAddresses() orders addresses as numbers, IPv4 first", () => {
  const chosen = chooseAddresses([
    ...six(["fd00::10", "fd00::9", "fd00:0:0:0:0:0:0:1"]),
    ...four(["10.0.0.10", "10.0.0.9", "9.200.0.1"]),
  ]);
  assert.deepEqual(chosen.map(({ address }) => address), [
    "9.200.0.1",
    "10.0.0.9",
    "10.0.0.10",
    "fd00:0:0:0:0:0:0:1",
    "fd00::9",
    "fd00::10",
  ]);
});

Deno.test("chooseAddresses() always takes the three lowest, and three of the others by chance", () => {
  const all = Array.from({ length: 50 }, (_, index) => `10.0.0.${index + 1}`);
  const others = new Set<string>();
  for (let time = 0; time < 200; time++) {
    const chosen = chooseAddresses(four(all.toReversed())).map(({ address }) => address);
    assert.deepEqual(chosen.slice(0, 3), all.slice(0, 3));
    assert.equal(new Set(chosen).size, 6);
    for (const address of chosen.slice(3)) others.add(address);
  }
  assert.equal(others.size, 47);
});

Deno.test("chooseAddresses() makes do with few, and with none", () => {
  assert.deepEqual(chooseAddresses(four(["10.0.0.1"])), four(["10.0.0.1"]));
  assert.deepEqual(chooseAddresses([]), []);
});
