import { BinaryReader, type WireType } from "@bufbuild/protobuf/wire";

/** How each field of a message is read, by its number. */
export type FieldReaders = Record<number, [WireType, (reader: BinaryReader) => unknown]>;

/**
 * Reads a message of protocol buffers, and calls what reads each field. A field that is not named, or is of another
 * type, is skipped.
 *
 * @throws {SyntaxError} If the bytes are no message.
 */
export function readFields(bytes: Uint8Array, fields: FieldReaders): void {
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      const [expected, read] = fields[number] ?? [];
      if (read && expected === wireType) read(reader);
      else reader.skip(wireType, number);
    }
  } catch (cause) {
    throw new SyntaxError("Cannot read a message of the DHT or of a member: it is malformed", { cause });
  }
}
