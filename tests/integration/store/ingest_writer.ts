import { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import type { Digest } from "../../../src/oci/digest.ts";

/** What is downloaded, and under which name. */
export interface IngestTarget {
  /** The name of the download. */
  ref: string;
  /** The digest that the bytes must have. */
  digest: Digest;
  /** How many bytes there will be; 0 for a number that is not known. */
  total: number;
}

/** `WriteAction` */
const ACTION = { stat: 0, write: 1, commit: 2 } as const;

/** Writes content into containerd over gRPC, as image builders do, step by step. */
export class IngestWriter {
  readonly #stream: ClientDuplexStream<Uint8Array, true>;
  readonly #target: IngestTarget;
  readonly #ended: Promise<void>;
  #answer: PromiseWithResolvers<void> | undefined;
  #error: ServiceError | undefined;
  #offset = 0;

  /** @param stream A call of `Content.Write`. */
  constructor(stream: ClientDuplexStream<Uint8Array, true>, target: IngestTarget) {
    this.#stream = stream;
    this.#target = target;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ended = promise;
    stream.on("data", () => this.#answer?.resolve());
    stream.on("error", (error: ServiceError) => {
      this.#error = error;
      this.#answer?.reject(error);
      resolve();
    });
    stream.on("end", resolve);
  }

  /** Makes the download known to containerd. */
  async begin(): Promise<void> {
    await this.#send(ACTION.stat);
  }

  /** Writes the next bytes, or others from an offset on; from 0 on, containerd begins again. */
  async write(data: Uint8Array, offset = this.#offset): Promise<void> {
    this.#offset = offset;
    await this.#send(ACTION.write, data);
    this.#offset += data.length;
  }

  /** Makes the content present, and keeps it from garbage collection. */
  async commit(): Promise<void> {
    await this.#send(ACTION.commit);
    this.#stream.end();
    await this.#ended;
  }

  /** Lets go of the download; containerd keeps what has come. */
  async close(): Promise<void> {
    this.#stream.cancel();
    await this.#ended;
  }

  async #send(action: number, data: Uint8Array = new Uint8Array()): Promise<void> {
    if (this.#error) throw this.#error;
    const { ref, total, digest } = this.#target;
    // WriteContentRequest { action = 1, ref = 2, total = 3, expected = 4, offset = 5, data = 6, labels = 7 }
    const request = new BinaryWriter().uint32(8).int32(action).uint32(18).string(ref).uint32(24).int64(total);
    request.uint32(34).string(digest).uint32(40).int64(this.#offset).uint32(50).bytes(data);
    if (action === ACTION.commit) {
      request.uint32(58).fork().uint32(10).string("containerd.io/gc.root").uint32(18).string("test").join();
    }
    this.#answer = Promise.withResolvers<void>();
    this.#stream.write(request.finish());
    await this.#answer.promise;
  }
}
