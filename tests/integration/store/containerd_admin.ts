import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { Client, type ClientDuplexStream, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { type Digest, digestOf } from "../../../src/oci/digest.ts";
import type { Descriptor } from "../../../src/oci/manifest.ts";
import { until } from "../../support/until.ts";
import { type IngestTarget, IngestWriter } from "./ingest_writer.ts";

/** What content is given besides its bytes. */
export interface IngestOptions {
  /** Its labels. @default one that keeps it from garbage collection */
  labels?: Record<string, string>;
}

const TIMEOUT_MS = 20_000;
const CONTENT = "/containerd.services.content.v1.Content";
const IMAGES = "/containerd.services.images.v1.Images";
/** `WriteAction.COMMIT` */
const COMMIT = 2;

/** Changes what is in one namespace of a containerd. The messages are written by hand, with containerd's numbers. */
export class ContainerdAdmin implements Disposable {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  /** @param socketPath containerd's gRPC socket. */
  constructor(socketPath: string, namespace: string) {
    this.#client = new Client(`unix:${socketPath}`, credentials.createInsecure(), {
      "grpc.max_reconnect_backoff_ms": 200,
      "grpc.use_local_subchannel_pool": 1,
    });
    this.#metadata.set("containerd-namespace", namespace);
  }

  /** Puts content into the namespace. */
  async ingest(bytes: Uint8Array<ArrayBuffer>, options: IngestOptions = {}): Promise<Digest> {
    const { labels = { "containerd.io/gc.root": "test" } } = options;
    const digest = await digestOf(bytes);
    // WriteContentRequest { action = 1, ref = 2, total = 3, expected = 4, offset = 5, data = 6, labels = 7 }
    const request = new BinaryWriter().uint32(8).int32(COMMIT).uint32(18).string(`test-${digest}`);
    request.uint32(24).int64(bytes.length).uint32(34).string(digest).uint32(50).bytes(bytes);
    for (const [key, value] of Object.entries(labels)) {
      request.uint32(58).fork().uint32(10).string(key).uint32(18).string(value).join();
    }
    await this.#write(request.finish());
    return digest;
  }

  /** Begins a download. It is this client's until it is committed, or closed. */
  async beginIngest(target: IngestTarget): Promise<IngestWriter> {
    const writer = new IngestWriter(this.#writeStream(), target);
    await writer.begin();
    return writer;
  }

  /** Removes a download and what has come of it. Tried again while its last writer is still closing its files. */
  async abortIngest(ref: string): Promise<void> {
    const request = new BinaryWriter().uint32(10).string(ref).finish();
    await until("the removal of a download", () => this.#call(`${CONTENT}/Abort`, request).then(() => true), {
      timeoutMs: 5_000,
    });
  }

  /** Takes in content that another namespace has, as a pull does that finds it there: without a byte. */
  async share({ digest, size }: Pick<Descriptor, "digest" | "size">): Promise<void> {
    const request = new BinaryWriter().uint32(8).int32(COMMIT).uint32(18).string(`share-${digest}`);
    request.uint32(24).int64(size).uint32(34).string(digest).uint32(40).int64(size);
    request.uint32(58).fork().uint32(10).string("containerd.io/gc.root").uint32(18).string("test").join();
    await this.#write(request.finish());
  }

  /** Replaces the labels of content. */
  async label(digest: Digest, labels: Record<string, string>): Promise<void> {
    // UpdateRequest { info = 1 { digest = 1, labels = 5 }, update_mask = 2 { paths = 1 } }
    const info = new BinaryWriter().uint32(10).string(digest);
    for (const [key, value] of Object.entries(labels)) {
      info.uint32(42).fork().uint32(10).string(key).uint32(18).string(value).join();
    }
    const request = new BinaryWriter().uint32(10).bytes(info.finish());
    request.uint32(18).fork().uint32(10).string("labels").join();
    await this.#call(`${CONTENT}/Update`, request.finish());
  }

  /** Removes content from the namespace. */
  async deleteContent(digest: Digest): Promise<void> {
    await this.#call(`${CONTENT}/Delete`, new BinaryWriter().uint32(10).string(digest).finish());
  }

  /** Names an image; a name that is taken moves. */
  async nameImage(name: string, { digest, size, mediaType }: Descriptor): Promise<void> {
    // CreateImageRequest and UpdateImageRequest { image = 1 { name = 1, target = 3 { media_type = 1, … } } }
    const target = new BinaryWriter().uint32(10).string(mediaType).uint32(18).string(digest).uint32(24).int64(size);
    const image = new BinaryWriter().uint32(10).string(name).uint32(26).bytes(target.finish()).finish();
    const request = new BinaryWriter().uint32(10).bytes(image).finish();
    await this.#call(`${IMAGES}/Create`, request).catch(() => this.#call(`${IMAGES}/Update`, request));
  }

  /** Takes an image name away; what only it kept is collected soon, or at once. */
  async deleteImage(name: string, { sync = false }: { sync?: boolean } = {}): Promise<void> {
    const request = new BinaryWriter().uint32(10).string(name).uint32(16).bool(sync).finish();
    await this.#call(`${IMAGES}/Delete`, request);
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#client.close();
  }

  #call(method: string, request: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const deadline = { deadline: Date.now() + TIMEOUT_MS };
    this.#client.makeUnaryRequest(method, toBuffer, ignore, request, this.#metadata, deadline, (error) => {
      if (error) reject(failed(method, error));
      else resolve();
    });
    return promise;
  }

  async #write(request: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stream = this.#writeStream();
    stream.on("data", () => {});
    stream.on("error", (error: ServiceError) => reject(failed(`${CONTENT}/Write`, error)));
    stream.on("end", resolve);
    stream.end(request);
    await promise;
  }

  #writeStream(): ClientDuplexStream<Uint8Array, true> {
    const deadline = { deadline: Date.now() + TIMEOUT_MS };
    return this.#client.makeBidiStreamRequest(`${CONTENT}/Write`, toBuffer, ignore, this.#metadata, deadline);
  }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes);
}

/** No answer here says anything that a test wants; but grpc-js takes nothing for no answer. */
function ignore(): true {
  return true;
}

function failed(method: string, error: ServiceError): Error {
  return new Error(`Cannot call "${method}": ${error.message}`, { cause: error });
}
