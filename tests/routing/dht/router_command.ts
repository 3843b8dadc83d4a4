/** What a router in a process of its own is started with. */
export interface RouterProgramOptions {
  /** The address to listen on. */
  hostname: string;
  /** The port to listen on. @default {0} */
  port?: number;
  /** The port of the node's peer listener. */
  registryPort: number;
  /** Static bootstrap peers. @default {[]} */
  peers?: readonly string[];
  /** Where the identity is kept. */
  dataDir?: string;
}

/** What such a router can be told to do. */
export type RouterCommand =
  | { do: "announce" | "withdraw"; keys: readonly string[] }
  | { do: "lookup"; key: string }
  | { do: "state" };
