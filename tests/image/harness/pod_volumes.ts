import { dirname } from "node:path";
import type { Container, PodSpec, Volume } from "../../deploy/kube_objects.ts";
import type { HostFiles } from "./host_files.ts";
import type { CriMount } from "./pod_runtime.ts";

/** The content of Secrets: names of files and their text. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What {@linkcode PodVolumes.prepare} needs. */
export interface PodVolumesOptions {
  /** The files of the node. */
  host: HostFiles;
  /** A directory for what the pod alone has. */
  dir: string;
  /** The Secrets that there are. */
  secrets: Secrets;
}

/** The volumes of a pod on its node, as a kubelet prepares them. */
export class PodVolumes {
  readonly #paths: ReadonlyMap<string, string>;

  private constructor(paths: ReadonlyMap<string, string>) {
    this.#paths = paths;
  }

  /**
   * Checks and makes what the volumes name.
   *
   * @throws {Error} If a directory or a Secret is missing that has to be there.
   */
  static async prepare(spec: PodSpec, options: PodVolumesOptions): Promise<PodVolumes> {
    const paths = new Map<string, string>();
    for (const volume of spec.volumes ?? []) paths.set(volume.name, await prepareVolume(volume, options));
    return new PodVolumes(paths);
  }

  /** Returns what a container sees of them. */
  mounts(container: Container): CriMount[] {
    return (container.volumeMounts ?? []).map(({ name, mountPath, readOnly = false, mountPropagation }) => {
      const hostPath = this.#paths.get(name);
      if (hostPath === undefined) {
        throw new Error(`Cannot mount "${name}" in ${container.name}: there is no such volume`);
      }
      return { containerPath: mountPath, hostPath, readOnly, fromHost: mountPropagation === "HostToContainer" };
    });
  }
}

async function prepareVolume(volume: Volume, { host, dir, secrets }: PodVolumesOptions): Promise<string> {
  const own = `${dir}/${volume.name}`;
  if (volume.hostPath) {
    const { path, type = "" } = volume.hostPath;
    await checkHostPath(host.outside(path), type);
    return path;
  }
  await Deno.mkdir(own, { recursive: true });
  if (volume.emptyDir) return own;
  if (!volume.secret) throw new Error(`Cannot prepare the volume "${volume.name}": the tests know nothing of its kind`);
  const { secretName, defaultMode = 0o644 } = volume.secret;
  const files = secrets[secretName];
  if (!files) throw new Error(`Cannot prepare the volume "${volume.name}": there is no Secret "${secretName}"`);
  await writeSecret(own, files, defaultMode);
  return own;
}

/** Files of a Secret are links into a directory that a kubelet replaces as a whole. */
async function writeSecret(dir: string, files: Readonly<Record<string, string>>, mode: number): Promise<void> {
  await Deno.mkdir(`${dir}/..2026_01_01`);
  await Deno.symlink("..2026_01_01", `${dir}/..data`);
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${dir}/..2026_01_01/${name}`, text, { mode });
    await Deno.symlink(`..data/${name}`, `${dir}/${name}`);
  }
}

async function checkHostPath(path: string, type: string): Promise<void> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (type === "DirectoryOrCreate" && !info) {
    await Deno.mkdir(dirname(path), { recursive: true });
    return await Deno.mkdir(path, { mode: 0o755 });
  }
  const wanted = type.replace("OrCreate", "");
  if (wanted !== "Directory") throw new Error(`Cannot check "${path}": the tests know nothing of the type "${type}"`);
  if (!info?.isDirectory) throw new Error(`hostPath type check failed: ${path} is not a directory`);
}
