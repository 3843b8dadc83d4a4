import { type Digest, isDigest } from "../../../src/oci/digest.ts";
import { MEDIA_TYPE, sniffMediaType } from "../../../src/oci/media_type.ts";
import { type ContentDescriptor, REF_NAME_ANNOTATION } from "../image/oci_layout.ts";
import { faultFor, type UpstreamFault } from "./upstream_fault.ts";
import { UpstreamCounter } from "./upstream_stats.ts";

/** Reads from disk and hands on in pieces of this size, in bytes. */
const PIECE_BYTES = 256 * 1024;

const PATH_REGEXP = /^\/v2\/(?<repository>.+)\/(?<kind>manifests|blobs)\/(?<reference>[^/]+)$/;
const RANGE_REGEXP = /^bytes=(\d+)-(\d*)$/;

/**
 * Makes the handler of a registry over an OCI image layout directory, which may change while it is served.
 *
 * It serves what a pull needs, in the way of a registry that does everything right, until told otherwise: a tag of
 * any repository that `index.json` names as `<repository>:<tag>`, and every digest under any repository. Beside `/v2/`
 * it has `GET /_stats`, `POST /_reset` and `POST /_faults` with a list of {@linkcode UpstreamFault}.
 */
export function upstreamHandler(
  layoutDir: string,
): (request: Request, info?: { remoteAddr: Deno.Addr }) => Promise<Response> {
  const counter = new UpstreamCounter();
  let faults: UpstreamFault[] = [];
  return async (request, info) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/_stats") return Response.json(counter.stats);
    if (pathname === "/_reset") {
      counter.reset();
      return new Response(null, { status: 204 });
    }
    if (pathname === "/_faults") {
      faults = await request.json();
      return new Response(null, { status: 204 });
    }
    const from = info?.remoteAddr.transport === "tcp" ? info.remoteAddr.hostname : "";
    const count = counter.begin(request, from);
    const fault = faultFor(faults, pathname, from) ?? {};
    if (fault.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    const response = fault.status
      ? new Response(null, { status: fault.status })
      : await answer(layoutDir, request, fault, count.sent);
    count.answered(response.status);
    return response;
  };
}

async function answer(
  layoutDir: string,
  request: Request,
  fault: UpstreamFault,
  sent: (bytes: number) => void,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/v2/") return Response.json({});
  const { repository = "", kind = "", reference = "" } = PATH_REGEXP.exec(pathname)?.groups ?? {};
  const isManifest = kind === "manifests";
  const digest = isDigest(reference) ? reference : await resolveTag(layoutDir, `${repository}:${reference}`);
  const path = `${layoutDir}/blobs/${digest?.replace(":", "/")}`;
  const size = digest && await Deno.stat(path).then((info) => info.size, () => undefined);
  if (!digest || !size) return unknown(isManifest ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN");
  const headers = new Headers({
    "content-type": isManifest ? sniffMediaType(await Deno.readFile(path)) : MEDIA_TYPE.octetStream,
    "docker-content-digest": digest,
    "accept-ranges": "bytes",
  });
  const range = RANGE_REGEXP.exec(request.headers.get("range") ?? "");
  const start = range ? Number(range[1]) : 0;
  const end = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
  if (start > end) {
    return new Response(null, { status: 416, headers: { "content-range": `bytes */${size}` } });
  }
  headers.set("content-length", `${end + 1 - start}`);
  if (range) headers.set("content-range", `bytes ${start}-${end}/${size}`);
  const body = request.method === "GET" ? fileBody(path, start, end + 1, fault, sent) : null;
  return new Response(body, { status: range ? 206 : 200, headers });
}

async function resolveTag(layoutDir: string, name: string): Promise<Digest | undefined> {
  const index: { manifests: ContentDescriptor[] } = JSON.parse(await Deno.readTextFile(`${layoutDir}/index.json`));
  return index.manifests.find(({ annotations }) => annotations?.[REF_NAME_ANNOTATION] === name)?.digest;
}

function unknown(code: string): Response {
  return Response.json({ errors: [{ code, message: "not in this registry", detail: {} }] }, { status: 404 });
}

function fileBody(
  path: string,
  start: number,
  end: number,
  { bytesPerSecond, cutAfterBytes = Infinity, wrongByteAt = -1 }: UpstreamFault,
  sent: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  let file: Deno.FsFile;
  let position = start;
  const cutAt = start + cutAfterBytes;
  return new ReadableStream({
    async start() {
      file = await Deno.open(path);
      await file.seek(start, Deno.SeekMode.Start);
    },
    async pull(controller) {
      if (position >= cutAt) {
        file.close();
        return controller.error(new Error("cut on purpose"));
      }
      const piece = new Uint8Array(Math.min(PIECE_BYTES, end - position, cutAt - position));
      const length = await file.read(piece);
      if (length === null) throw new Error(`Cannot read ${path}: it has become shorter`);
      if (bytesPerSecond) await new Promise((resolve) => setTimeout(resolve, 1_000 * length / bytesPerSecond));
      const wrongAt = wrongByteAt - position;
      if (wrongAt >= 0 && wrongAt < length) piece[wrongAt] = ~(piece[wrongAt] ?? 0);
      position += length;
      sent(length);
      controller.enqueue(piece.subarray(0, length));
      if (position === end) {
        file.close();
        controller.close();
      }
    },
    cancel: () => file.close(),
  }, { highWaterMark: 0 });
}
