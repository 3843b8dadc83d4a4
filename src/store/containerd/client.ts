import {
  type CallOptions as GrpcCallOptions,
  Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import type { CallOptions } from "../../core/call_options.ts";
import { errorMessage } from "../../core/errors.ts";
import { onAbort } from "../../core/on_abort.ts";
import { MIB } from "../../core/units.ts";
import { ContentNotFoundError, StoreUnavailableError } from "../content_store.ts";
import { Demand } from "./demand.ts";

/** One method of a service, as the generated code describes it. */
export interface Method<Request, Response> {
  /** The path of its requests. */
  readonly path: string;
  /** Writes a request. */
  readonly requestSerialize: (value: Request) => Buffer;
  /** Reads a response. */
  readonly responseDeserialize: (value: Buffer) => Response;
}

/** How a call is bounded. */
export interface ClientCallOptions extends CallOptions {
  /** The deadline of the whole call in milliseconds. @default {1_500} for a single answer, none for a stream */
  timeoutMs?: number;
  /** The digest or tag that the call is about, which a "not found" of containerd then is about. */
  subject?: string;
}

/** What a request may wait for containerd, in milliseconds: below the two seconds that a store may take. */
const CALL_TIMEOUT_MS = 1_500;

/** The largest message that containerd sends by default, in bytes: a list of a few thousand images has several MiB. */
const MESSAGE_MAX_BYTES = 16 * MIB;

/**
 * How long grpc-js waits between attempts to connect, in milliseconds. Calls fail at once meanwhile, so the longest
 * pause is how late a containerd that is back is noticed.
 *
 * There are no keepalive pings: containerd cuts clients that ping more than once in five minutes, and a Unix socket
 * tells the end of its peer by itself. That containerd hangs is told by the deadlines.
 */
const CHANNEL_OPTIONS = {
  "grpc.default_authority": "localhost",
  "grpc.enable_http_proxy": 0,
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 500,
  "grpc.max_receive_message_length": MESSAGE_MAX_BYTES,
};

/** A connection to containerd, in one of its namespaces. It connects when it is used, and again when that is lost. */
export class ContainerdClient implements Disposable {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  /** @param socketPath containerd's gRPC socket. */
  constructor(socketPath: string, namespace: string) {
    this.#client = new Client(`unix:${socketPath}`, credentials.createInsecure(), CHANNEL_OPTIONS);
    this.#metadata.set("containerd-namespace", namespace);
  }

  /**
   * Calls a method that gives one answer.
   *
   * @throws {ContentNotFoundError} If the call has a subject and containerd does not know it.
   * @throws {StoreUnavailableError} If it fails otherwise, or takes too long.
   */
  call<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    options: ClientCallOptions = {},
  ): Promise<Response> {
    const { signal, timeoutMs = CALL_TIMEOUT_MS } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        this.#metadata,
        callOptions(timeoutMs),
        (error: ServiceError | null, response?: Response) => {
          signal?.removeEventListener("abort", cancel);
          if (error || response === undefined) reject(translate(error, method, options));
          else resolve(response);
        },
      );
      const cancel = () => call.cancel();
      signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  /**
   * Calls a method that gives any number of answers. The call is made at once, not when the first answer is asked for,
   * and it is cancelled when the iteration ends. At most two answers are held that nobody asked for yet.
   *
   * @throws as {@linkcode call} does, while iterating.
   */
  stream<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    options: ClientCallOptions = {},
  ): AsyncGenerator<Response> {
    options.signal?.throwIfAborted();
    const demand = new Demand();
    const stream = this.#client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      this.#metadata,
      { ...callOptions(options.timeoutMs), interceptors: [demand.interceptor] },
    );
    stream.on("error", () => {}); // it comes out of the iteration; after its end nobody has to know
    return iterate(stream, demand, method, options);
  }

  /** Closes the connection. Calls that are under way fail. */
  [Symbol.dispose](): void {
    this.#client.close();
  }
}

async function* iterate<Response>(
  stream: ClientReadableStream<Response>,
  demand: Demand,
  method: Method<never, Response>,
  options: ClientCallOptions,
): AsyncGenerator<Response> {
  using _ = onAbort(options.signal, () => stream.cancel());
  try {
    const answers = stream[Symbol.asyncIterator]();
    for (;;) {
      demand.ask();
      const { done, value } = await answers.next();
      if (done) return;
      yield value as Response;
    }
  } catch (reason) {
    throw translate(reason, method, options);
  } finally {
    stream.cancel();
  }
}

function callOptions(timeoutMs: number | undefined): GrpcCallOptions {
  return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
}

/** Says what a failed call means to a store. */
function translate(reason: unknown, { path }: { path: string }, { signal, subject }: ClientCallOptions): unknown {
  if (signal?.aborted) return signal.reason;
  const code = (reason as Partial<ServiceError> | null)?.code;
  if (code === status.NOT_FOUND && subject !== undefined) return new ContentNotFoundError(subject, { cause: reason });
  return new StoreUnavailableError(`Cannot call containerd's "${path}": ${errorMessage(reason)}`, { cause: reason });
}
