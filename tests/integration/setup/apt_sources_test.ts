import assert from "@std/assert";
import { formatDeb822Sources, parseDeb822Sources, parseOneLineSources, retargetSources } from "./apt_sources.ts";

const DEB822 = `# the archive
Types: deb deb-src
URIs: https://a.example/debian
  https://b.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
URIs: https://a.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: https://c.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: https://d.example/debian
Suites: bookworm
Components: main
`;

const ONE_LINE = `# deb https://z.example/debian bookworm main
deb [arch=amd64,arm64 signed-by=/k.gpg] https://a.example/debian bookworm main contrib # comment
deb-src https://a.example/debian bookworm main
deb https://b.example/tool stable stable
`;

Deno.test("parseDeb822Sources() reads enabled sources of binary packages, with continuation lines", () => {
  const [archive, security, ...rest] = parseDeb822Sources(DEB822);
  assert.deepEqual(archive?.uris, ["https://a.example/debian", "https://b.example/debian"]);
  assert.deepEqual(archive?.options.get("Signed-By"), "/usr/share/keyrings/archive.gpg");
  assert.deepEqual(security?.suites, ["bookworm-security"]);
  assert.deepEqual(rest, []);
});

Deno.test("parseDeb822Sources() keeps a key that is written into the source", () => {
  const embedded =
    "Types: deb\nURIs: https://a.example\nSuites: x\nComponents: main\nSigned-By:\n -----BEGIN\n .\n abc\n";
  assert.equal(parseDeb822Sources(embedded)[0]?.options.get("Signed-By"), "\n -----BEGIN\n .\n abc");
});

Deno.test("parseOneLineSources() reads options and leaves comments and source packages out", () => {
  const [archive, tool, ...rest] = parseOneLineSources(ONE_LINE);
  assert.deepEqual(archive, {
    uris: ["https://a.example/debian"],
    suites: ["bookworm"],
    components: ["main", "contrib"],
    options: new Map([["Architectures", "amd64 arm64"], ["Signed-By", "/k.gpg"]]),
  });
  assert.deepEqual(tool?.components, ["stable"]);
  assert.deepEqual(rest, []);
});

Deno.test("retargetSources() keeps the distribution's own archive only", () => {
  const sources = [...parseOneLineSources(ONE_LINE), ...parseDeb822Sources(DEB822)];
  const text = formatDeb822Sources(retargetSources(sources, ["bookworm", "stable"], "trixie"));
  assert.equal(
    text,
    `Types: deb
URIs: https://a.example/debian
Suites: trixie
Components: main
Architectures: amd64 arm64
Signed-By: /k.gpg

Types: deb
URIs: https://a.example/debian https://b.example/debian
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/archive.gpg
`,
  );
});
