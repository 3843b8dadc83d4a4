import { InterceptingCall, type Interceptor } from "@grpc/grpc-js";

/**
 * Lets the messages of one call through one at a time, as they are asked for. grpc-js alone reads 16 messages ahead,
 * which for content are 16 MiB.
 */
export class Demand {
  #asked = 0;
  #deliver: (() => void) | undefined;

  /** To be installed in the call. */
  readonly interceptor: Interceptor = (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) => {
        next(metadata, { onReceiveMessage: (message, deliver) => this.#receive(() => deliver(message)) });
      },
    });

  /** Lets one more message through. */
  ask(): void {
    this.#asked++;
    this.#release();
  }

  #receive(deliver: () => void): void {
    this.#deliver = deliver; // grpc-js reads the next message only after this one was delivered
    this.#release();
  }

  #release(): void {
    const deliver = this.#deliver;
    if (!deliver || this.#asked === 0) return;
    this.#asked--;
    this.#deliver = undefined;
    deliver();
  }
}
