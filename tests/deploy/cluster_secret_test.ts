import assert from "@std/assert";
import { runCommand } from "../support/run_command.ts";
import { tempDir } from "../support/temp_dir.ts";
import { ApiStub } from "./api_stub.ts";
import { CHART_DIR, decodeObjects, EXISTING_SECRET, lintChart, renderChart } from "./render.ts";
import { deployTool } from "./setup/deploy_tools.ts";
import { missingForDeploy } from "./setup/missing.ts";

const SECRET = "/api/v1/namespaces/peili/secrets/peili-cluster-secret";
const ignore = await missingForDeploy() !== undefined;

/** Runs Helm against the stub, which knows of no cluster but what Helm told it. */
async function helm(stub: ApiStub, home: string, ...args: string[]): Promise<string> {
  const where = ["--namespace=peili", `--kube-apiserver=${stub.url}`, "--kube-token=none"];
  return await runCommand(deployTool("helm"), [...args, ...where], { env: { HOME: home, KUBECONFIG: "/dev/null" } });
}

Deno.test({
  name: "the chart makes one secret and keeps it on every upgrade (against a stub of the API)",
  ignore,
  fn: async () => {
    await using stub = new ApiStub();
    await using home = await tempDir();
    const upgrade = ["upgrade", "--install", "peili", CHART_DIR, "--disable-openapi-validation"];
    await helm(stub, home.path, ...upgrade);
    const first = stub.object(SECRET)?.data;
    assert.equal(atob(first?.secret ?? "").length, 48);
    await helm(stub, home.path, ...upgrade, "--set=spegel.logLevel=DEBUG");
    assert.deepEqual(stub.object(SECRET)?.data, first);
    const daemonSet = JSON.stringify(stub.object("/apis/apps/v1/namespaces/peili/daemonsets/peili"));
    assert.match(daemonSet, /--log-level=DEBUG/);
    // a second line that an operator added, to change the secret without splitting the network
    Object.assign(stub.object(SECRET)?.data ?? {}, { secret: btoa(`${atob(first?.secret ?? "")}\nanother\n`) });
    const rotating = { ...stub.object(SECRET)?.data };
    await helm(stub, home.path, ...upgrade);
    assert.deepEqual(stub.object(SECRET)?.data, rotating);
  },
});

Deno.test({
  name: "a renderer that cannot look up gets one clear line, never a new secret",
  ignore,
  fn: async () => {
    await assert.rejects(renderChart(), /Cannot make a cluster secret: this renderer cannot look up/);
    const given = await decodeObjects(await renderChart({ set: [EXISTING_SECRET] }));
    const without = await decodeObjects(await renderChart({ set: ["clusterSecret.enabled=false"] }));
    assert.deepEqual([...given, ...without].filter(({ kind }) => kind === "Secret"), []);
    assert.match(JSON.stringify(given), /"--cluster-secret-file=\/etc\/peili\/cluster-secret\/secret"/);
    assert.doesNotMatch(JSON.stringify(without), /cluster-secret/);
  },
});

Deno.test({
  name: "the chart passes helm lint --strict",
  ignore,
  fn: async () => {
    await lintChart();
    await lintChart(["hostNetwork=false", "preset=k3s", EXISTING_SECRET]);
  },
});
