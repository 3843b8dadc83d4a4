import assert from "@std/assert";
import { parse } from "@std/toml";
import fc from "fast-check";
import { mirrorTables } from "../../src/hosts/hosts_text.ts";
import { mergeHosts } from "../../src/hosts/merge_hosts.ts";

const TARGET = "http://127.0.0.1:5000";
const TABLES = mirrorTables({ targets: [TARGET, "http://10.0.0.1:5000"], resolveTags: true });
const TABLE = TABLES[0]!;

Deno.test("mergeHosts() writes what Spegel writes where that keeps every byte", () => {
  const existing = `server = 'https://registry-1.docker.io'

[host.'http://example.com:30020']
capabilities = ['pull', 'resolve']
client = ['/etc/certs/xxx/client.cert', '/etc/certs/xxx/client.key']

[host.'http://bar.com:30020']
capabilities = ['pull', 'resolve']`;
  const [server, ...hosts] = existing.split("\n\n");
  assert.deepEqual(mergeHosts(existing, [TABLE], "https://ignored.example"), {
    text: [server, TABLE.text, ...hosts].join("\n\n"),
    inserted: [`${TABLE.text}\n\n`],
  });
});

const MERGES: Record<string, [existing: string, merged: string]> = {
  "a server alone": ['server = "https://a"', `server = "https://a"\n\n${TABLE.text}`],
  "a server alone, with a line end": ["server = 'https://a'\n", `server = 'https://a'\n\n${TABLE.text}`],
  "nothing but comments": ["# a\n", `server = 'https://new'\n# a\n\n${TABLE.text}`],
  "no server": ["[host.a]\n", `server = 'https://new'\n\n${TABLE.text}\n\n[host.a]\n`],
  "an empty server": ["server = ''\n[host.a]\n", `server = ''\n\n${TABLE.text}\n\n[host.a]\n`],
  "a comment that belongs to a host": [
    "server = 'a'\n\n# about a\n  # more\n[host.a]",
    `server = 'a'\n\n${TABLE.text}\n\n# about a\n  # more\n[host.a]`,
  ],
  "a table of all hosts": ["server = 'a'\n[host]\n[host.a]", `server = 'a'\n\n${TABLE.text}\n\n[host]\n[host.a]`],
  "other tables": ["server = 'a'\n[x]\n[host.a]", `server = 'a'\n\n${TABLE.text}\n\n[x]\n[host.a]`],
  "arrays and strings that look like tables": [
    "server = 'a'\nca = [\n  'x',\n  ['y'],\n]\nb = '''\n[host.b]\n# c'''\n[host.a]",
    `server = 'a'\nca = [\n  'x',\n  ['y'],\n]\nb = '''\n[host.b]\n# c'''\n\n${TABLE.text}\n\n[host.a]`,
  ],
  "carriage returns": ["server = 'a'\r\n\r\n[host.a]\r\n", `server = 'a'\r\n\r\n${TABLE.text}\n\n[host.a]\r\n`],
  "odd spelling": [
    "server='a' # c\n [ host . \"b\\u0062\" ] # d\n capabilities=['push']",
    `server='a' # c\n\n${TABLE.text}\n\n [ host . "b\\u0062" ] # d\n capabilities=['push']`,
  ],
  "the mirror itself": [`[host."${TARGET}"]\nskip_verify = true`, `[host."${TARGET}"]\nskip_verify = true`],
};

for (const [name, [existing, merged]] of Object.entries(MERGES)) {
  Deno.test(`mergeHosts() prepends to ${name}`, () => {
    assert.equal(mergeHosts(existing, [TABLE], "https://new").text, merged);
  });
}

const REFUSED: Record<string, string> = {
  "no TOML": "server = = 'a'",
  "hosts in one line": "host = { a = { capabilities = ['pull'] } }",
  "hosts as dotted keys": "host.a.capabilities = ['pull']",
  "a list of hosts": "[[host]]\na = 1",
  "a host that is no table": "host = 'a'",
  "a host named twice": "[host.a]\n[host.a]",
  "more nested lists than anyone writes": `a = [\n${"[1],\n".repeat(1_001)}]\n[host.a]`,
};

for (const [name, existing] of Object.entries(REFUSED)) {
  Deno.test(`mergeHosts() refuses ${name}`, () => {
    assert.throws(() => mergeHosts(existing, [TABLE], "https://new"), Error);
  });
}

const anyKey = fc.constantFrom("a", "'b c'", '"http://x:1"', "'http://10.0.0.1:5000'", '"é"');
const anyValue = fc.constantFrom(
  "1",
  "'[host.a]'",
  '"#"',
  "[\n  'x', # [host.y]\n  [1],\n]",
  "'''\n[host.z]\n'''",
  "true",
);
const anyLine = fc.oneof(
  fc.tuple(anyKey, anyValue).map(([key, value]) => `${key} = ${value}`),
  fc.constantFrom("", "# comment", "  ", "server = 'https://s'", "capabilities = ['pull']", "# [host.no]"),
  anyKey.map((key) => `[host.${key}]`),
  fc.tuple(anyKey, anyKey).map(([host, key]) => `[host.${host}.${key}]`),
  fc.constantFrom("[host]", "[other]", "[[list]]", "host.a.b = 1", "host = {}"),
);
const anyToml = fc.tuple(fc.array(anyLine, { maxLength: 8 }), fc.constantFrom("\n", "\r\n"), fc.constantFrom("", "\n"))
  .map(([lines, end, last]) => lines.join(end) + last);

Deno.test("mergeHosts() keeps every byte and every meaning, and puts mirrors first, or refuses", () => {
  let merged = 0;
  fc.assert(
    fc.property(anyToml, fc.option(fc.constant("https://new"), { nil: undefined }), (existing, server) => {
      let result;
      try {
        result = mergeHosts(existing, TABLES, server);
      } catch {
        return;
      }
      merged++;
      const without = result.inserted.reduce((text, piece) => text.replace(piece, () => ""), result.text);
      assert.equal(without, existing);
      const [before, after] = [parse(existing), parse(result.text)];
      const [hostsBefore, hosts] = [before, after].map(({ host }) => (host ?? {}) as Record<string, unknown>);
      const added = TABLES.map(({ target }) => target).filter((target) => !(target in hostsBefore!));
      assert.deepEqual(Object.keys(hosts!), [...added, ...Object.keys(hostsBefore!)]);
      for (const [host, table] of Object.entries(hostsBefore!)) assert.deepEqual(hosts![host], table);
      if (added.length > 0) assert.equal(after.server, before.server ?? server);
    }),
    { numRuns: 2_000 },
  );
  assert.ok(merged > 500, `${merged} merged`);
});
