import { createSocket, type Socket } from "node:dgram";
import { readQuestion, TYPE_A, writeAnswer } from "../../start_order/dns_message.ts";

/** No such name: RFC 1035, section 4.1.1. */
const NAME_ERROR = 3;

/** The name server of a cluster: it knows the addresses of headless Services, and nothing else. */
export class ClusterDns implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #names = new Map<string, readonly string[]>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (query, { address, port }) => {
      const { name, type } = readQuestion(query);
      const addresses = this.#names.get(name);
      const code = addresses === undefined ? NAME_ERROR : 0;
      const answer = writeAnswer(query, { code, addresses: type === TYPE_A ? addresses ?? [] : [] });
      socket.send(answer, port, address);
    });
  }

  /** Starts it on the port of DNS, for which it needs root. */
  static async start(address: string): Promise<ClusterDns> {
    const socket = createSocket("udp4");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("error", reject);
    socket.bind(53, address, resolve);
    await promise;
    return new ClusterDns(socket);
  }

  /** Says which pods a Service has. */
  setService(name: string, namespace: string, addresses: readonly string[]): void {
    this.#names.set(`${name}.${namespace}.svc.cluster.local`, addresses);
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.close(() => resolve());
    await promise;
  }
}
