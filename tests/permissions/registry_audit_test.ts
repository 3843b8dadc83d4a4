import assert from "@std/assert";
import { startContainerd } from "../integration/harness/containerd.ts";
import { missingForIntegration } from "../integration/setup/missing.ts";
import { buildImage, type BuiltImage } from "../support/image/build_image.ts";
import { exportArchive } from "../support/image/export_archive.ts";
import { OciLayout } from "../support/image/oci_layout.ts";
import { httpText } from "../support/http_text.ts";
import { type AuditPlace, auditPlace, NODES_DOMAIN } from "./audit_place.ts";
import { AuditedNode } from "./audited_node.ts";
import { notAllowed, notNeeded } from "./allowance.ts";
import { allowedPermissions, allowedTouches, type AuditedStore } from "./allowed.ts";
import { startOtherNode } from "./other_node.ts";
import { pullOverHttp } from "./pull_over_http.ts";

const OWN = "registry.test/lib/own:v1";
const OTHERS = "registry.test/lib/others:v1";
const LAYERS = [{ sizeBytes: 3_000_000 }, { sizeBytes: 10_000 }];

const missing = await missingForIntegration();
if (missing) console.warn(`left out: ${missing}`);

/** Pulls through the audited node from the other one, the other way round, and what the audited one has itself. */
async function pullBothWays(place: AuditPlace, images: { own: BuiltImage; others: BuiltImage }): Promise<void> {
  const [own, other] = [`${place.own.address}:30020`, `${place.other.address}:30020`];
  await pullOverHttp({ from: own, name: OTHERS, image: images.others });
  await pullOverHttp({ from: other, name: OWN, image: images.own });
  await pullOverHttp({ from: own, name: OWN, image: images.own });
  await httpText(`http://${place.own.address}:9090/metrics`);
}

/** Stops the node and compares what it touched with the tables: the permissions both ways. */
async function assertAllowed(node: AuditedNode, store: AuditedStore, place: AuditPlace): Promise<void> {
  assert.equal(await node.stop(), 0, await node.process.logTail());
  const { own, other, bundle, work } = place;
  const places = { own: own.address, other: other.address, deno: await Deno.realPath(Deno.execPath()), bundle, work };
  const permissions = await node.permissions();
  assert.deepEqual(notAllowed(permissions, allowedPermissions(store, places)), [], "asked for, but not in the table");
  assert.deepEqual(notNeeded(permissions, allowedPermissions(store, places)), [], "in the table, but not asked for");
  const touched = await node.touched();
  assert.deepEqual(notAllowed(touched, allowedTouches(store, places)), [], "touched, but not in the table");
}

Deno.test({
  name: "a node over an OCI layout touches nothing but what is listed",
  ignore: missing !== undefined,
  fn: async () => {
    await using place = await auditPlace();
    const layout = await OciLayout.create(`${place.work}/data/layout`);
    const otherLayout = await OciLayout.create(`${place.dir}/other`);
    const images = {
      own: await buildImage(layout, { names: [OWN], layers: LAYERS }),
      others: await buildImage(otherLayout, { names: [OTHERS], layers: LAYERS }),
    };
    await using _other = startOtherNode({
      ...{ node: place.other, bundle: place.bundle, layoutDir: otherLayout.dir, logPath: `${place.dir}/other.log` },
    });
    await using node = await AuditedNode.start({
      ...{ work: place.work, bundle: place.bundle, netns: place.own.netns },
      flags: [
        ...[`--local-addr=${place.own.address}:30020`, "--data-dir=/var/lib/peili", "--log-level=debug"],
        ...["--store=oci-layout", "--oci-layout-path=/var/lib/peili/layout"],
        ...["--bootstrap-kind=dns", `--dns-bootstrap-domain=${NODES_DOMAIN}`],
      ],
    });
    await node.during(() => pullBothWays(place, images));
    await assertAllowed(node, "oci-layout", place);
  },
});

Deno.test({
  name: "a node over containerd touches nothing but what is listed",
  ignore: missing !== undefined,
  fn: async () => {
    await using place = await auditPlace();
    const { netns, address } = place.own;
    await using containerd = await startContainerd({ generation: "2", dir: `${place.dir}/c`, netns });
    await Deno.mkdir(containerd.contentPath, { recursive: true }); // containerd makes it when it has something to keep
    const archives = await OciLayout.create(`${place.dir}/archives`);
    const otherLayout = await OciLayout.create(`${place.dir}/other`);
    const images = {
      own: await buildImage(archives, { names: [OWN], layers: LAYERS }),
      others: await buildImage(otherLayout, { names: [OTHERS], layers: LAYERS }),
    };
    await exportArchive(archives, images.own, OWN, `${place.dir}/own.tar`);
    await using _other = startOtherNode({
      ...{ node: place.other, bundle: place.bundle, layoutDir: otherLayout.dir, logPath: `${place.dir}/other.log` },
    });
    const contentPath = "/var/lib/containerd/io.containerd.content.v1.content";
    await using node = await AuditedNode.start({
      ...{ work: place.work, bundle: place.bundle, netns },
      mounts: [
        { source: containerd.socket, target: "/run/containerd/containerd.sock", writable: true },
        { source: containerd.contentPath, target: contentPath },
      ],
      flags: [
        ...[`--local-addr=${address}:30020`, "--data-dir=/var/lib/peili", "--log-level=debug"],
        `--containerd-content-path=${contentPath}`,
        ...["--bootstrap-kind=http", `--http-bootstrap-addr=${address}:5002`, "--http-bootstrap-cert-dir=/etc/peili"],
        `--http-bootstrap-url=http://${place.other.address}:5002/id`,
      ],
    });
    await node.during(async () => {
      await containerd.importArchive(`${place.dir}/own.tar`); // while the node watches
      await pullBothWays(place, images);
      await Deno.mkdir(`${containerd.paths.certsDir}/registry.test`);
      await Deno.writeTextFile(
        `${containerd.paths.certsDir}/registry.test/hosts.toml`,
        `server = 'http://127.0.0.1:9'\n\n[host.'http://${address}:30020']\ncapabilities = ['pull', 'resolve']\n`,
      );
      await containerd.cri.pullImage(OTHERS);
      await pullOverHttp({ from: `${address}:30020`, name: OTHERS, image: images.others });
    });
    await assertAllowed(node, "containerd", place);
  },
});
