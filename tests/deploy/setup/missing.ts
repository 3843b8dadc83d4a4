import { missingForIntegration } from "../../integration/setup/missing.ts";
import { missingImageParts } from "../../image/setup/image_parts.ts";
import { missingDeployTools } from "./deploy_tools.ts";
import { missingPrometheus } from "./prometheus_tools.ts";

/** How the rest is brought. */
const setUp = (folder: string) => `run "deno run -A tests/${folder}/setup.ts" first`;

/**
 * Tells in one line why what is rendered cannot be tested here.
 *
 * @returns `undefined` when it can.
 */
export async function missingForDeploy(): Promise<string | undefined> {
  const missing = [...await missingDeployTools(), ...await missingPrometheus()];
  return missing.length === 0 ? undefined : `the tests of deploy/ need ${missing.join(", ")}: ${setUp("deploy")}`;
}

/**
 * Tells in one line why the image and rendered pods cannot be tested here.
 *
 * @returns `undefined` when they can.
 */
export async function missingForImage(): Promise<string | undefined> {
  const integration = await missingForIntegration();
  if (integration !== undefined) return integration;
  const missing = [...await missingDeployTools(), ...await missingImageParts()];
  return missing.length === 0 ? undefined : `the tests of the image need ${missing.join(", ")}: ${setUp("image")}`;
}
