/** One place that packages come from, as `sources.list(5)` describes it. */
export interface AptSource {
  /** Where, such as `deb` lines name it. */
  uris: string[];
  /** The suites, such as `bookworm`. */
  suites: string[];
  /** The components, such as `main`. */
  components: string[];
  /** The options in their deb822 spelling, such as `Signed-By`. An embedded key keeps its lines. */
  options: Map<string, string>;
}

/** The one-line options and how deb822 spells them. */
const OPTION_NAMES: Record<string, string> = {
  "signed-by": "Signed-By",
  "trusted": "Trusted",
  "arch": "Architectures",
  "check-valid-until": "Check-Valid-Until",
};

const ONE_LINE_REGEXP =
  /^deb\s+(?:\[(?<options>[^\]]*)\]\s+)?(?<uri>\S+)\s+(?<suite>\S+)(?<components>(?:\s+[^\s#]+)*)/;

/** Reads the sources of binary packages from a one-line style `*.list` file. */
export function parseOneLineSources(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split("\n")) {
    const groups = ONE_LINE_REGEXP.exec(line.trim())?.groups;
    if (groups?.uri === undefined || groups.suite === undefined) continue;
    const options = new Map<string, string>();
    for (const option of words(groups.options)) {
      const [name = "", value = ""] = option.split("=", 2);
      const field = OPTION_NAMES[name.toLowerCase()];
      if (field) options.set(field, value.replaceAll(",", " "));
    }
    sources.push({ uris: [groups.uri], suites: [groups.suite], components: words(groups.components), options });
  }
  return sources;
}

/** Reads the enabled sources of binary packages from a deb822 style `*.sources` file. */
export function parseDeb822Sources(text: string): AptSource[] {
  const sources: AptSource[] = [];
  const withoutComments = text.split("\n").filter((line) => !line.startsWith("#")).join("\n");
  for (const stanza of withoutComments.split(/\n[ \t]*\n/)) {
    const fields = parseStanza(stanza);
    const enabled = !/^(no|false|0)$/i.test(fields.get("enabled") ?? "yes");
    if (!enabled || !words(fields.get("types")).includes("deb")) continue;
    const options = new Map<string, string>();
    for (const name of Object.values(OPTION_NAMES)) {
      const value = fields.get(name.toLowerCase());
      if (value !== undefined) options.set(name, value);
    }
    sources.push({
      uris: words(fields.get("uris")),
      suites: words(fields.get("suites")),
      components: words(fields.get("components")),
      options,
    });
  }
  return sources;
}

/**
 * Picks the machine's own sources of the distribution itself and points them at another of its suites.
 *
 * @param sources All sources of the machine.
 * @param ownSuites What the machine's suite may be called, such as `bookworm` and `stable`.
 * @param suite The suite wanted instead.
 */
export function retargetSources(
  sources: readonly AptSource[],
  ownSuites: readonly string[],
  suite: string,
): AptSource[] {
  return sources
    .filter((source) => source.components.includes("main") && source.suites.some((own) => ownSuites.includes(own)))
    .map((source) => ({ ...source, suites: [suite], components: ["main"] }));
}

/** Writes sources in deb822 style. */
export function formatDeb822Sources(sources: readonly AptSource[]): string {
  return sources.map(({ uris, suites, components, options }) =>
    [
      "Types: deb",
      `URIs: ${uris.join(" ")}`,
      `Suites: ${suites.join(" ")}`,
      `Components: ${components.join(" ")}`,
      ...Array.from(options, ([name, value]) => `${name}: ${value}`),
      "",
    ].join("\n")
  ).join("\n");
}

function parseStanza(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let last = "";
  for (const line of stanza.split("\n")) {
    const [, name, value] = /^([^\s:]+):(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      last = name.toLowerCase();
      fields.set(last, (value ?? "").trim());
    } else if (last !== "" && /^\s/.test(line)) {
      fields.set(last, `${fields.get(last)}\n${line}`);
    }
  }
  return fields;
}

function words(text = ""): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
