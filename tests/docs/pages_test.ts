import assert from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { MemoryNetwork } from "../../src/routing/memory_router.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { startNode } from "../../src/node/node.ts";
import { httpText } from "../support/http_text.ts";
import { CONFIGURATION_PAGE, withFlagTables } from "./generated.ts";

const ROOT = new URL("../../", import.meta.url);
const METRIC_ROW_REGEXP = /^\| `(\w+)` \| (\w+) \|/gm;
const METRIC_TYPE_REGEXP = /^# TYPE (\w+) (\w+)$/gm;
const LINK_REGEXP = /\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g;

Deno.test("docs/configuration.md has the flags of every command (deno task docs writes them)", async () => {
  const page = await Deno.readTextFile(CONFIGURATION_PAGE);
  assert.equal(page, withFlagTables(page));
});

Deno.test("docs/operations.md has every metric", async () => {
  await using store = new MemoryStore();
  const listen = "127.0.0.1:0";
  await using node = await startNode(
    { localAddr: listen, registryAddr: listen, routerAddr: listen, metricsAddr: listen },
    { store, router: new MemoryNetwork().open({ hosts: [listen] }) },
  );
  const text = await httpText(`http://${node.metricsAddress}/metrics`);
  const page = await Deno.readTextFile(new URL("docs/operations.md", ROOT));
  assert.deepEqual(namesAndTypes(page, METRIC_ROW_REGEXP), namesAndTypes(text, METRIC_TYPE_REGEXP));
});

Deno.test("docs/development.md has every task that has a description", async () => {
  const page = await Deno.readTextFile(new URL("docs/development.md", ROOT));
  const documented = [...page.matchAll(/^\| `deno task ([\w:]+)/gm)].map(([, name]) => name).sort();
  const described = Object.entries(project.tasks).filter(([, task]) => typeof task !== "string").map(([name]) => name);
  assert.deepEqual(documented, described.sort());
});

Deno.test("links between the pages lead somewhere", async () => {
  const pages = [...Deno.readDirSync(new URL("docs/", ROOT))].map(({ name }) => `docs/${name}`);
  for (const page of ["README.md", ...pages.filter((name) => name.endsWith(".md"))]) {
    const url = new URL(page, ROOT);
    for (const [link, path = "", heading] of (await Deno.readTextFile(url)).matchAll(LINK_REGEXP)) {
      const target = path === "" ? url : new URL(path, url);
      const text = await Deno.readTextFile(target).catch((reason) => assert.fail(`${page}: ${link}: ${reason}`));
      if (heading !== undefined) assert(headings(text).includes(heading), `${page}: no heading for ${link}`);
    }
  }
});

function namesAndTypes(text: string, regexp: RegExp): string[] {
  return [...text.matchAll(regexp)].map(([, name, type]) => `${name} ${type}`).sort();
}

/** Returns the anchors of headings, as GitHub makes them. */
function headings(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) =>
    text.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}
