import { statfs } from "node:fs/promises";
import { errorMessage } from "../../core/errors.ts";
import { formatBytes } from "../../core/human.ts";
import type { Facts } from "../facts/facts.ts";
import { finding, notChecked, ok, type Result } from "../result.ts";

/** What is said of a file that is not there. */
const NOT_THERE = "there is no such thing";
/** The file of a node's identity. */
const IDENTITY_FILE = "private.key";

/** Whether the files that Peili needs can be used, and whether there is room for more content. */
export async function checkFiles(facts: Facts): Promise<Result[]> {
  const { options, node, containerd } = facts;
  const told = node.state === "answers" ? node.status.store.contentPath : undefined;
  const root = containerd.state === "answers" ? containerd.contentRoot : undefined;
  const contentPath = options.containerdContentPath ?? told ?? root;
  if (contentPath === undefined) {
    const what = "it is not known where the content is";
    return [notChecked("permissions", what, "ls -ld <content>/blobs"), notChecked("disk", what, "df -h <content>")];
  }
  return [await permissionsResult(facts, contentPath), await diskResult(facts, contentPath)];
}

async function permissionsResult({ node, containerd }: Facts, contentPath: string): Promise<Result> {
  const problem = await readProblem(`${contentPath}/blobs`);
  // containerd makes the directory when it has something to keep.
  const isNew = containerd.state === "answers" && containerd.contentRoot === contentPath &&
    containerd.survey?.images === 0 && problem === NOT_THERE;
  if (problem !== undefined && !isNew) {
    return finding("permissions", {
      what: `${contentPath}/blobs cannot be read: ${problem}`,
      why: "Layers are then read through containerd's API, at a tenth of the speed.",
      fix: [
        "In a pod: mount the host's content directory there, read-only, and give its path by --containerd-content-path.",
        `On a node: run Peili as a user who may read it (ls -ld ${contentPath}/blobs).`,
      ],
    });
  }
  const dataDir = node.state === "answers" ? node.status.dataDir : undefined;
  const content = isNew ? `${contentPath} is not there yet` : `${contentPath} can be read`;
  if (node.state === "silent") return ok("permissions", content);
  if (dataDir === undefined) {
    return ok("permissions", `${content}; without --data-dir the node is a new one at each start`);
  }
  const identity = await readProblem(`${dataDir}/${IDENTITY_FILE}`);
  if (identity === undefined) return ok("permissions", `${content}; the identity is in ${dataDir}`);
  return finding("permissions", {
    what: `${dataDir}/${IDENTITY_FILE}: ${identity}`,
    why: "A node without its identity is a new one after each start; others ask the old one until its records expire.",
    fix: [`Make ${dataDir} writable for the user who runs Peili, and start Peili again.`],
  });
}

async function diskResult({ options }: Facts, contentPath: string): Promise<Result> {
  try {
    const { bsize, blocks, bavail } = await statfs(contentPath);
    const freePercent = 100 * bavail / Math.max(1, blocks);
    const free = `${formatBytes(bavail * bsize)} (${freePercent.toFixed(0)} %) are free at ${contentPath}`;
    if (freePercent >= options.minFreePercent) return ok("disk", free);
    return finding("disk", {
      what: `only ${free}`,
      why:
        "The kubelet removes images, and pods, on a disk that fills up. What is removed is gone for other nodes too.",
      fix: ["Remove images that nothing uses: crictl rmi --prune", "Or make the file system larger."],
    });
  } catch (reason) {
    const why = errorMessage(reason).replace(/, statfs.*$/, "");
    return notChecked("disk", `${contentPath}: ${why}`, `df -h ${contentPath}`);
  }
}

async function readProblem(path: string): Promise<string | undefined> {
  try {
    const { isDirectory } = await Deno.stat(path);
    if (isDirectory) { for await (const _ of Deno.readDir(path)) break; }
    return undefined;
  } catch (reason) {
    return reason instanceof Deno.errors.NotFound ? NOT_THERE : errorMessage(reason);
  }
}
