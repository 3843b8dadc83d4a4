import { decodeProtobufSecret } from "./protobuf_secret.ts";

/** What an object of the stub's API looks like. */
interface Stored {
  metadata: { name: string; namespace?: string; resourceVersion?: string; labels?: Record<string, string> };
  data?: Record<string, string>;
  [field: string]: unknown;
}

/** The kinds that the chart has: their group and version, and whether they are in namespaces. */
const KINDS: Record<string, { kind: string; name: string; namespaced: boolean }[]> = {
  "v1": [
    { kind: "Namespace", name: "namespaces", namespaced: false },
    { kind: "Secret", name: "secrets", namespaced: true },
    { kind: "Service", name: "services", namespaced: true },
    { kind: "ServiceAccount", name: "serviceaccounts", namespaced: true },
    { kind: "Pod", name: "pods", namespaced: true },
  ],
  "apps/v1": [{ kind: "DaemonSet", name: "daemonsets", namespaced: true }],
};

const VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"];

/**
 * As much of a Kubernetes API as `helm install` and `helm upgrade` need: discovery, and objects that are kept as they
 * are given. Nothing is checked, nothing is started, and a patch is merged (RFC 7386).
 */
export class ApiStub implements AsyncDisposable {
  readonly #objects = new Map<string, Stored>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #version = 1;

  constructor() {
    this.#objects.set("/api/v1/namespaces/default", { kind: "Namespace", metadata: { name: "default" } });
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  /** Where it is. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Returns the object at a path, such as `/api/v1/namespaces/peili/secrets/name`. */
  object(path: string): Stored | undefined {
    return this.#objects.get(path);
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const found = discovery(pathname);
    if (found) return Response.json(found);
    switch (request.method) {
      case "GET":
        return this.#get(pathname, request);
      case "POST": {
        const object = await body(request);
        return this.#put(`${pathname}/${object.metadata.name}`, object, 201);
      }
      case "PUT":
        return this.#put(pathname, await body(request), 200);
      case "PATCH": {
        const before = this.#objects.get(pathname);
        if (!before) return notFound(pathname);
        return this.#put(pathname, merge(before, await request.json()) as Stored, 200);
      }
      case "DELETE":
        return this.#objects.delete(pathname)
          ? Response.json({ kind: "Status", status: "Success" })
          : notFound(pathname);
    }
    return new Response(null, { status: 405 });
  }

  #get(path: string, request: Request): Response {
    const object = this.#objects.get(path);
    if (object) return Response.json(object);
    const kind = Object.values(KINDS).flat().find(({ name }) => path.endsWith(`/${name}`));
    if (!kind) return notFound(path);
    const selector = new URL(request.url).searchParams.get("labelSelector")?.split(",") ?? [];
    const items = [...this.#objects].filter(([at]) => at.startsWith(`${path}/`)).map(([, item]) => item)
      .filter(({ metadata: { labels = {} } }) =>
        selector.every((text) => {
          const [name = "", value] = text.split("=");
          return labels[name] === value;
        })
      );
    return Response.json({ kind: `${kind.kind}List`, apiVersion: "v1", metadata: { resourceVersion: "1" }, items });
  }

  #put(path: string, object: Stored, status: number): Response {
    const kept = { ...object, metadata: { ...object.metadata, resourceVersion: `${++this.#version}` } };
    this.#objects.set(path, kept);
    return Response.json(kept, { status });
  }
}

async function body(request: Request): Promise<Stored> {
  const bytes = await request.bytes();
  return { ...decodeProtobufSecret(bytes) ?? JSON.parse(new TextDecoder().decode(bytes)) };
}

function discovery(path: string): unknown {
  if (path === "/version") return { major: "1", minor: "34", gitVersion: "v1.34.0" };
  if (path === "/api") return { kind: "APIVersions", versions: ["v1"] };
  if (path === "/apis") {
    const version = { groupVersion: "apps/v1", version: "v1" };
    const group = { name: "apps", versions: [version], preferredVersion: version };
    return { kind: "APIGroupList", apiVersion: "v1", groups: [group] };
  }
  const groupVersion = /^\/apis?\/(v1|apps\/v1)$/.exec(path)?.[1];
  if (groupVersion === undefined) return undefined;
  const resources = (KINDS[groupVersion] ?? []).map((kind) => ({ ...kind, singularName: "", verbs: VERBS }));
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources };
}

function notFound(path: string): Response {
  const status = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404, message: path };
  return Response.json(status, { status: 404 });
}

function merge(before: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = typeof before === "object" && before !== null ? { ...before } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merge(result[name], value);
  }
  return result;
}
