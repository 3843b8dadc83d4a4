import assert from "@std/assert";
import { freePorts } from "../../demo/loopback/free_ports.ts";
import { startLoopbackWorld } from "../../demo/loopback/start_loopback_world.ts";
import { playPulls } from "../../demo/play_pulls.ts";
import { PlainScreen } from "../../demo/screen/plain_screen.ts";
import { httpText } from "../support/http_text.ts";
import { runCommand } from "../support/run_command.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/until.ts";
import { findObject } from "./kube_objects.ts";
import { Prometheus } from "./prometheus.ts";
import { CHART_DIR, decodeObjects, EXISTING_SECRET, renderChart } from "./render.ts";
import { missingForDeploy } from "./setup/missing.ts";
import { prometheusTool } from "./setup/prometheus_tools.ts";

const ALERTS_TEST = new URL("./testdata/alerts_test.yaml", import.meta.url).pathname;
const TAG_REGEXP = /'(http:[^']+\/manifests\/[^']+)'/;
const METRICS_REGEXP = /http:\/\/([\d.]+:\d+)\/metrics/;

const ignore = await missingForDeploy() !== undefined;

/** The dashboard, as far as it is looked at. */
interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
}

/** What Grafana puts in for its variables. */
function filledIn(expression: string): string {
  return expression.replaceAll("$__rate_interval", "1m").replaceAll("$__range", "10m")
    .replaceAll("$namespace", ".*").replaceAll("$job", ".*");
}

Deno.test({
  name: "promtool accepts the rules, and each alert is due when it should be",
  ignore,
  fn: async () => {
    await using dir = await tempDir();
    const objects = await decodeObjects(await renderChart({ set: [EXISTING_SECRET, "prometheusRule.enabled=true"] }));
    const { spec } = findObject(objects, "PrometheusRule", "peili");
    await Deno.writeTextFile(`${dir.path}/alerts.yaml`, JSON.stringify(spec));
    await Deno.copyFile(ALERTS_TEST, `${dir.path}/alerts_test.yaml`);
    await runCommand(prometheusTool("promtool"), ["check", "rules", "alerts.yaml"], { cwd: dir.path });
    await runCommand(prometheusTool("promtool"), ["test", "rules", "alerts_test.yaml"], { cwd: dir.path });
  },
});

Deno.test({
  name: "every expression of the dashboard returns data from a Prometheus that scrapes the demo",
  ignore,
  fn: async () => {
    await using dir = await tempDir();
    const screen = new PlainScreen(() => {});
    const { signal } = new AbortController();
    await using world = await startLoopbackWorld({ screen, signal });
    const targets = world.nodes.map((node) =>
      METRICS_REGEXP.exec(node.hints().join("\n"))?.[1] ?? assert.fail(node.name)
    );
    const tagUrls = world.nodes.map((node) => TAG_REGEXP.exec(node.hints().join("\n"))?.[1] ?? assert.fail(node.name));
    await using prometheus = await Prometheus.start(targets, { dir: dir.path, port: freePorts(1)[0] ?? 0 });
    await until("the first scrapes", async () => (await prometheus.query("up == 1")).length === targets.length);
    await playPulls({ world, screen, signal });
    const { panels }: Dashboard = JSON.parse(await Deno.readTextFile(`${CHART_DIR}/files/dashboard.json`));
    const expressions = panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }) => ({ title, expr: filledIn(expr) }))
    );
    assert.ok(expressions.length >= 30, `there are ${expressions.length} expressions`);
    for (const name of ["peili_flights", "peili_flight_verdicts_total", "peili_flight_saved_copies_total"]) {
      assert.ok(expressions.some(({ expr }) => expr.includes(`${name}{`)), `${name} is not shown`);
    }
    for (const { title, expr } of expressions) {
      await until(`data for "${title}": ${expr}`, async () => {
        // A rate needs two scrapes with a request in between, and all of the demo may lie between two. A tag that a node
        // does not have is looked up. One of the nodes was killed.
        for (const url of tagUrls.flatMap((url) => [url, url.replace("/manifests/", "/manifests/no-")])) {
          await httpText(url).catch(() => {});
        }
        const samples = await prometheus.query(expr);
        return samples.some(({ value: [, text] }) => Number.isFinite(Number(text)));
      });
    }
  },
});
