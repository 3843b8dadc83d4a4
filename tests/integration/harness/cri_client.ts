import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";

/** An image as the kubelet sees it. */
export interface CriImage {
  /** The digest of its config. */
  id: string;
  /** Its names with a tag. */
  repoTags: string[];
  /** Its names with a digest. */
  repoDigests: string[];
}

/** How long a call may take. */
export interface CriCallOptions {
  /** The deadline in milliseconds. @default {60_000} */
  timeoutMs?: number;
  /** Cancels the call. */
  signal?: AbortSignal;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const IMAGE_SERVICE = "/runtime.v1.ImageService";
const RUNTIME_SERVICE = "/runtime.v1.RuntimeService";

/**
 * The few calls of the Kubernetes Container Runtime Interface that a kubelet makes to get and drop images.
 *
 * The messages are written by hand: field numbers are those of `runtime.v1` in cri-api.
 */
export class CriClient implements Disposable {
  readonly #client: Client;

  /** @param socketPath containerd's gRPC socket. */
  constructor(socketPath: string) {
    this.#client = new Client(`unix:${socketPath}`, credentials.createInsecure(), {
      "grpc.initial_reconnect_backoff_ms": 50,
      "grpc.max_reconnect_backoff_ms": 500,
      "grpc.use_local_subchannel_pool": 1,
    });
  }

  /**
   * Pulls an image, as a kubelet does.
   *
   * @returns The reference that the runtime gives the image.
   * @throws {Error} If the pull fails, or the deadline passes, which cancels it.
   */
  async pullImage(image: string, options: CriCallOptions = {}): Promise<string> {
    // PullImageRequest { ImageSpec image = 1 }, PullImageResponse { string image_ref = 1 }
    const reply = await this.#call(`${IMAGE_SERVICE}/PullImage`, imageSpecRequest(image), options);
    return strings(reply, 1)[0] ?? "";
  }

  /** Removes an image and, with the garbage collection that containerd does at once, what only it needed. */
  async removeImage(image: string, options: CriCallOptions = {}): Promise<void> {
    await this.#call(`${IMAGE_SERVICE}/RemoveImage`, imageSpecRequest(image), options);
  }

  /** Lists all images. */
  async listImages(options: CriCallOptions = {}): Promise<CriImage[]> {
    // ListImagesResponse { repeated Image images = 1 }, Image { id = 1, repo_tags = 2, repo_digests = 3 }
    const reply = await this.#call(`${IMAGE_SERVICE}/ListImages`, new Uint8Array(), options);
    return messages(reply, 1).map((image) => ({
      id: strings(image, 1)[0] ?? "",
      repoTags: strings(image, 2),
      repoDigests: strings(image, 3),
    }));
  }

  /** Returns whether the runtime says that it is ready. Network plug-ins are not asked for. */
  async isReady(options: CriCallOptions = {}): Promise<boolean> {
    // StatusResponse { RuntimeStatus status = 1 { repeated RuntimeCondition conditions = 1 { type = 1, status = 2 } } }
    const reply = await this.#call(`${RUNTIME_SERVICE}/Status`, new Uint8Array(), options);
    const conditions = messages(reply, 1).flatMap((status) => messages(status, 1));
    return conditions.some((condition) => strings(condition, 1)[0] === "RuntimeReady" && varint(condition, 2) === 1);
  }

  /**
   * Calls a method of the runtime.
   *
   * @param method A method of `runtime.v1.RuntimeService`.
   * @param request Its message, encoded.
   * @returns The message that it answers with, encoded.
   * @throws {Error} If the call fails, or the deadline passes.
   */
  async callRuntime(method: string, request: Uint8Array, options: CriCallOptions = {}): Promise<Uint8Array> {
    return await this.#call(`${RUNTIME_SERVICE}/${method}`, request, options);
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#client.close();
  }

  #call(method: string, request: Uint8Array, options: CriCallOptions): Promise<Uint8Array> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options;
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const call = this.#client.makeUnaryRequest(
      method,
      (bytes: Uint8Array) => Buffer.from(bytes),
      (bytes: Buffer) => new Uint8Array(bytes),
      request,
      { deadline: Date.now() + timeoutMs },
      (error: ServiceError | null, reply?: Uint8Array) => {
        signal?.removeEventListener("abort", cancel);
        if (error) reject(new Error(`Cannot call "${method}": ${error.message}`, { cause: error }));
        else resolve(reply ?? new Uint8Array());
      },
    );
    const cancel = () => call.cancel();
    signal?.addEventListener("abort", cancel);
    return promise;
  }
}

/** `{ ImageSpec image = 1 { string image = 1 } }`, which both requests begin with. */
function imageSpecRequest(image: string): Uint8Array {
  return new BinaryWriter().uint32(10).fork().uint32(10).string(image).join().finish();
}

function* fields(bytes: Uint8Array, wanted: number): Generator<BinaryReader> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === wanted) yield reader;
    else reader.skip(wireType, field);
  }
}

/** Returns the texts of a field of an encoded message. */
export function strings(bytes: Uint8Array, field: number): string[] {
  return Array.from(fields(bytes, field), (reader) => reader.string());
}

/** Returns the messages of a field of an encoded message. */
export function messages(bytes: Uint8Array, field: number): Uint8Array[] {
  return Array.from(fields(bytes, field), (reader) => reader.bytes());
}

/** Returns the number of a field of an encoded message. */
export function varint(bytes: Uint8Array, field: number): number | undefined {
  return Array.from(fields(bytes, field), (reader) => Number(reader.uint64())).at(-1);
}
