import type { AbortOptions, MultiaddrConnection } from "@libp2p/interface";
import { AbstractMultiaddrConnection, type SendResult } from "@libp2p/utils";
import type { KeyStream } from "./key_stream.ts";

/** What a {@linkcode BoxConnection} is made from. */
export interface BoxConnectionInit {
  /** What the enciphered bytes pass through. */
  connection: MultiaddrConnection;
  /** Deciphers what comes in. */
  inbound: KeyStream;
  /** Enciphers what goes out. */
  outbound: KeyStream;
  /** Tells whether the secret of the connection still holds; without it the connection ends at its next byte. */
  holds(): boolean;
}

/** A connection whose bytes are enciphered, in both directions. */
export class BoxConnection extends AbstractMultiaddrConnection {
  readonly #connection: MultiaddrConnection;
  readonly #outbound: KeyStream;

  constructor({ connection, inbound, outbound, holds }: BoxConnectionInit) {
    const { log, remoteAddr, direction, inactivityTimeout, maxReadBufferLength } = connection;
    super({ log: log.newScope("box"), remoteAddr, direction, inactivityTimeout, maxReadBufferLength });
    this.#connection = connection;
    this.#outbound = outbound;
    connection.addEventListener("message", ({ data }) => {
      if (holds()) return this.onData(inbound.next(data.subarray()));
      connection.abort(new Error("The cluster secret of this connection is no longer accepted"));
    });
    connection.addEventListener("drain", () => this.onMuxerDrain());
    connection.addEventListener("close", ({ error, local }) => {
      if (!error) this.onTransportClosed();
      else if (local) this.abort(error);
      else this.onRemoteReset();
    });
  }

  override sendData(data: Parameters<AbstractMultiaddrConnection["sendData"]>[0]): SendResult {
    const canSendMore = this.#connection.send(this.#outbound.next(data.subarray()));
    return { sentBytes: data.byteLength, canSendMore };
  }

  override async sendClose(options?: AbortOptions): Promise<void> {
    await this.#connection.close(options);
  }

  override sendReset(reason: Error): void {
    this.#connection.abort(reason);
  }

  override sendPause(): void {
    this.#connection.pause();
  }

  override sendResume(): void {
    this.#connection.resume();
  }
}
