/** A question of a DNS client. */
export interface DnsQuestion {
  /** The name, in lower case and without the dot at its end. */
  name: string;
  /** What is asked for: 1 for IPv4 addresses, 28 for IPv6 addresses. */
  type: number;
}

/** How a question is answered. */
export interface DnsAnswer {
  /** 0 for success, 2 for a failure of the server, 3 for a name that does not exist. */
  code: number;
  /** The addresses, if IPv4 addresses are asked for. */
  addresses: readonly string[];
}

/** The type of IPv4 addresses. */
export const TYPE_A = 1;

/** The class of the Internet. */
const CLASS_IN = 1;
/** The length of a message's header. */
const HEADER_BYTES = 12;
/** An answer of a server that may be asked to recurse. */
const FLAGS_ANSWER = 0x8180;
/** Points at the name of the question. */
const POINTER_TO_QUESTION = 0xc000 | HEADER_BYTES;
/** How long clients may keep an answer, in seconds: not at all. */
const TTL_SECONDS = 0;

/** Reads the question of a query: RFC 1035, section 4.1. */
export function readQuestion(query: Uint8Array): DnsQuestion {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(new TextDecoder().decode(query.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: new DataView(query.buffer, query.byteOffset).getUint16(at + 1) };
}

/** Writes the answer to a query. */
export function writeAnswer(query: Uint8Array, { code, addresses }: DnsAnswer): Uint8Array {
  const questionEnd = query.indexOf(0, HEADER_BYTES) + 5; // the name's end, the type and the class
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint16(0, new DataView(query.buffer, query.byteOffset).getUint16(0));
  view.setUint16(2, FLAGS_ANSWER | code);
  view.setUint16(4, 1);
  view.setUint16(6, addresses.length);
  const parts = [header, query.subarray(HEADER_BYTES, questionEnd), ...addresses.map(addressRecord)];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function addressRecord(address: string): Uint8Array {
  const bytes = address.split(".").map(Number);
  const record = new Uint8Array(12 + bytes.length);
  const view = new DataView(record.buffer);
  view.setUint16(0, POINTER_TO_QUESTION);
  view.setUint16(2, TYPE_A);
  view.setUint16(4, CLASS_IN);
  view.setUint32(6, TTL_SECONDS);
  view.setUint16(10, bytes.length);
  record.set(bytes, 12);
  return record;
}
