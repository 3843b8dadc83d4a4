import assert from "@std/assert";
import { Command } from "commander";
import { option, registryConfigPathOption } from "../../src/cli/option.ts";
import { presetOption, withPreset } from "../../src/cli/preset.ts";

/** Runs a command line that has presets, and returns the flags that its action would get. */
function flagsOf(...args: string[]): Record<string, unknown> {
  const command = new Command().addOption(presetOption()).addOption(registryConfigPathOption())
    .addOption(option("--containerd-sock <path>", "", String).default("/run/containerd/containerd.sock"))
    .addOption(option("--containerd-content-path <path>", "", String));
  command.exitOverride().parse(args, { from: "user" });
  return withPreset(command);
}

Deno.test("a preset sets the paths of a distribution", () => {
  assert.deepEqual(flagsOf("--preset=k0s"), {
    preset: "k0s",
    containerdSock: "/run/k0s/containerd.sock",
    containerdContentPath: "/var/lib/k0s/containerd/io.containerd.content.v1.content",
    containerdRegistryConfigPath: "/etc/k0s/containerd.d/certs.d",
  });
});

Deno.test("a flag wins over a preset, also one that says what is so by default", () => {
  const flags = flagsOf("--preset=k3s", "--containerd-sock=/run/containerd/containerd.sock");
  assert.equal(flags.containerdSock, "/run/containerd/containerd.sock");
  assert.equal(flags.containerdRegistryConfigPath, "/var/lib/rancher/k3s/agent/etc/containerd/certs.d");
});

Deno.test("a variable wins over a preset", () => {
  Deno.env.set("CONTAINERD_SOCK", "/from/env.sock");
  try {
    assert.equal(flagsOf("--preset=k3s").containerdSock, "/from/env.sock");
  } finally {
    Deno.env.delete("CONTAINERD_SOCK");
  }
});

Deno.test("without a preset everything is as it is by default", () => {
  assert.deepEqual(flagsOf(), {
    containerdRegistryConfigPath: "/etc/containerd/certs.d",
    containerdSock: "/run/containerd/containerd.sock",
  });
});
