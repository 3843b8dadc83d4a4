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
const CONTENT_PATH = "/var/lib/containerd/io.containerd.content.v1.content";
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

/** The flags of every audited node. */
function commonFlags({ own }: AuditPlace): string[] {
  return [`--local-addr=${own.address}:30020`, "--data-dir=/var/lib/peili", "--log-level=debug"];
}

Deno.test({
  name: "a node over an OCI layout touches nothing but what is listed",
  ignore: missing !== undefined,
  fn: async () => {
    await using place = await auditPlace();
    const { dir, work, bundle, own, other } = place;
    const layout = await OciLayout.create(`${work}/data/layout`);
    const otherLayout = await OciLayout.create(`${dir}/other`);
    const images = {
      own: await buildImage(layout, { names: [OWN], layers: LAYERS }),
      others: await buildImage(otherLayout, { names: [OTHERS], layers: LAYERS }),
    };
    const logPath = `${dir}/other.log`;
    await using _other = startOtherNode({ node: other, bundle, layoutDir: otherLayout.dir, logPath });
    const flags = [
      ...commonFlags(place),
      "--store=oci-layout",
      "--oci-layout-path=/var/lib/peili/layout",
      "--bootstrap-kind=dns",
      `--dns-bootstrap-domain=${NODES_DOMAIN}`,
    ];
    await using node = await AuditedNode.start({ work, bundle, netns: own.netns, flags });
    await node.during(() => pullBothWays(place, images));
    await assertAllowed(node, "oci-layout", place);
  },
});

Deno.test({
  name: "a node over containerd touches nothing but what is listed",
  ignore: missing !== undefined,
  fn: async () => {
    await using place = await auditPlace();
    const { dir, work, bundle, own, other } = place;
    await using containerd = await startContainerd({ generation: "2", dir: `${dir}/c`, netns: own.netns });
    await Deno.mkdir(containerd.contentPath, { recursive: true }); // containerd makes it when it has something to keep
    const archives = await OciLayout.create(`${dir}/archives`);
    const otherLayout = await OciLayout.create(`${dir}/other`);
    const images = {
      own: await buildImage(archives, { names: [OWN], layers: LAYERS }),
      others: await buildImage(otherLayout, { names: [OTHERS], layers: LAYERS }),
    };
    const archive = `${dir}/own.tar`;
    await exportArchive(archives, images.own, OWN, archive);
    const logPath = `${dir}/other.log`;
    await using _other = startOtherNode({ node: other, bundle, layoutDir: otherLayout.dir, logPath });
    const mounts = [
      { source: containerd.socket, target: "/run/containerd/containerd.sock", writable: true },
      { source: containerd.contentPath, target: CONTENT_PATH },
    ];
    const flags = [
      ...commonFlags(place),
      `--containerd-content-path=${CONTENT_PATH}`,
      "--bootstrap-kind=http",
      `--http-bootstrap-addr=${own.address}:5002`,
      `--http-bootstrap-url=http://${other.address}:5002/id`,
      "--http-bootstrap-cert-dir=/etc/peili",
      "--retain-layers=1h",
    ];
    await using node = await AuditedNode.start({ work, bundle, netns: own.netns, mounts, flags });
    await node.during(async () => {
      await containerd.importArchive(archive); // while the node watches
      await pullBothWays(place, images);
      await writeHostsToml(containerd.paths.certsDir, `${own.address}:30020`);
      await containerd.cri.pullImage(OTHERS);
      await pullOverHttp({ from: `${own.address}:30020`, name: OTHERS, image: images.others });
    });
    await assertAllowed(node, "containerd", place);
  },
});

/** Sends containerd to the node, and to nobody when the node has no answer. */
async function writeHostsToml(certsDir: string, mirror: string): Promise<void> {
  await Deno.mkdir(`${certsDir}/registry.test`);
  const text = `server = 'http://127.0.0.1:9'\n\n[host.'http://${mirror}']\ncapabilities = ['pull', 'resolve']\n`;
  await Deno.writeTextFile(`${certsDir}/registry.test/hosts.toml`, text);
}
