import { BinaryWriter } from "@bufbuild/protobuf/wire";

/** A message of protobuf as a list of its fields; one without a value is left out. */
export type Fields = readonly (readonly [number: number, value: FieldValue])[];

/** The value of a field: a text, a number or a yes, a message, or several of them. */
export type FieldValue = string | number | boolean | undefined | Message | readonly string[] | readonly Message[];

/** A message inside another one. */
export class Message {
  /** Its fields. */
  readonly fields: Fields;

  constructor(fields: Fields) {
    this.fields = fields;
  }
}

/** Makes a message. */
export function message(...fields: Fields): Message {
  return new Message(fields);
}

/** Makes the entries of a map of texts. */
export function mapEntries(values: Readonly<Record<string, string>>): Message[] {
  return Object.entries(values).map(([key, value]) => message([1, key], [2, value]));
}

/** Encodes a message. Zero, no and the empty text are what a field has that is left out, as in proto3. */
export function encode({ fields }: Message): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of fields) {
    for (const one of Array.isArray(value) ? value : [value]) writeField(writer, number, one);
  }
  return writer.finish();
}

function writeField(writer: BinaryWriter, number: number, value: Exclude<FieldValue, readonly unknown[]>): void {
  if (value instanceof Message) writer.uint32(tag(number, 2)).bytes(encode(value));
  else if (typeof value === "string" && value !== "") writer.uint32(tag(number, 2)).string(value);
  else if (typeof value === "number" && value !== 0) writer.uint32(tag(number, 0)).int64(value);
  else if (value === true) writer.uint32(tag(number, 0)).bool(true);
}

/** The number of a field and how its value is written. */
function tag(number: number, wireType: 0 | 2): number {
  return (number << 3) | wireType;
}
