/** What came of a body, and why it ended early, if it did. */
export interface PartialBody {
  bytes: Uint8Array<ArrayBuffer>;
  /** Undefined when the body ended well. */
  reason: unknown;
}

/** Reads a body that may fail. */
export async function readToFailure(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<PartialBody> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let reason: unknown;
  try {
    for await (const chunk of body) chunks.push(chunk.slice());
  } catch (thrown) {
    reason = thrown;
  }
  return { bytes: await new Blob(chunks).bytes(), reason };
}
