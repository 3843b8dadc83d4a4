import assert from "@std/assert";
import { checkContainerd } from "../../src/doctor/checks/containerd.ts";
import type { DoctorOptions } from "../../src/doctor/options.ts";
import { DISTRIBUTIONS } from "../../src/hosts/distributions.ts";
import { parseContainerdVersion } from "../../src/store/containerd_version.ts";

const distribution = DISTRIBUTIONS.kubeadm;

const OPTIONS: DoctorOptions = {
  ...distribution,
  distribution,
  containerdNamespace: "k8s.io",
  metricsAddr: { port: 9090 },
  hostRoot: "/",
  inPod: false,
  probe: false,
  minFreePercent: 15,
};

// Daemons that old are in no suite of Debian any more, so that only what one says of itself stands in for it.
for (
  const [versionText, state] of [["v1.5.18", "finding"], ["1.6.20~ds1", "ok"], ["v2.3.4", "ok"], ["?", "ok"]] as const
) {
  Deno.test(`checkContainerd() says ${state} of containerd ${versionText}`, () => {
    const version = parseContainerdVersion(versionText);
    const containerd = { state: "answers", versionText, version, told: {} } as const;
    const result = checkContainerd({ containerd, options: OPTIONS }).find(({ check }) =>
      check === "containerd-version"
    );
    assert.equal(result?.state, state);
    if (result?.state === "finding") assert.deepEqual(result.fix, ["Update containerd to 1.6 or newer."]);
  });
}
