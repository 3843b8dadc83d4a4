import { messages, strings } from "../integration/harness/cri_client.ts";

/** What a message of Kubernetes in protobuf begins with: `k8s` and a zero. */
const MAGIC = [0x6b, 0x38, 0x73, 0];

/** A Secret or a ConfigMap, as JSON has it. */
export interface DecodedSecret {
  kind: string;
  apiVersion: string;
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  type: string;
  data: Record<string, string>;
}

/**
 * Decodes a Secret that a client sends in protobuf, as Helm does with its own.
 *
 * The numbers of the fields are those of `runtime.Unknown` and of `k8s.io/api/core/v1`.
 *
 * @returns `undefined` if it is not in protobuf.
 */
export function decodeProtobufSecret(bytes: Uint8Array): DecodedSecret | undefined {
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) return undefined;
  const unknown = bytes.subarray(MAGIC.length);
  const [type = new Uint8Array()] = messages(unknown, 1);
  const [secret = new Uint8Array()] = messages(unknown, 2);
  const [metadata = new Uint8Array()] = messages(secret, 1);
  return {
    apiVersion: strings(type, 1)[0] ?? "",
    kind: strings(type, 2)[0] ?? "",
    metadata: {
      name: strings(metadata, 1)[0] ?? "",
      namespace: strings(metadata, 3)[0] ?? "",
      labels: Object.fromEntries(messages(metadata, 11).map((entry) => [strings(entry, 1)[0], strings(entry, 2)[0]])),
    },
    type: strings(secret, 3)[0] ?? "",
    data: Object.fromEntries(
      messages(secret, 2).map((
        entry,
      ) => [strings(entry, 1)[0], (messages(entry, 2)[0] ?? new Uint8Array()).toBase64()]),
    ),
  };
}
