import assert from "@std/assert";
import { runCommand } from "../support/run_command.ts";
import { tempDir } from "../support/temp_dir.ts";
import { ApiStub } from "./api_stub.ts";
import { CHART_DIR } from "./render.ts";
import { deployTool } from "./setup/deploy_tools.ts";
import { missingForDeploy } from "./setup/missing.ts";

const ignore = await missingForDeploy() !== undefined;

Deno.test({
  name:
    "who installs the chart is told how to look into a pod, and what was not taken as given (against a stub of the API)",
  ignore,
  fn: async () => {
    await using stub = new ApiStub();
    await using home = await tempDir();
    const where = ["--namespace=peili", `--kube-apiserver=${stub.url}`, "--kube-token=none"];
    const values = ["--set=resources.limits.memory=128Mi", "--set=service.registry.annotations.a=b"];
    const args = ["upgrade", "--install", "peili", CHART_DIR, "--disable-openapi-validation", ...where, ...values];
    const notes = await runCommand(deployTool("helm"), args, { env: { HOME: home.path, KUBECONFIG: "/dev/null" } });
    assert.match(notes, /^WARNING: the memory limit is 128 MiB\./m);
    assert.match(notes, /^WARNING: service\.registry\.annotations has no effect: /m);
    assert.match(notes, /^ {2}kubectl --namespace peili exec daemonset\/peili -- peili doctor$/m);
  },
});
