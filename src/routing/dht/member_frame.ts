import { MEMBER_MESSAGE_MAX_BYTES } from "../members.ts";

/** A message between members on its stream. */
export interface MemberFrame {
  /** Chosen by the one that asks, and repeated in the answer: answers come in any order. */
  id: number;
  /** Whether it says that there is no answer. */
  refused: boolean;
  /** What is said; empty in a refusal. */
  message: Uint8Array;
}

/** The bytes before the message: the number in 4 bytes, the high one first, and one byte that says whether it is refused. */
const HEAD_BYTES = 5;

/** The longest frame, in bytes. */
export const MEMBER_FRAME_MAX_BYTES: number = HEAD_BYTES + MEMBER_MESSAGE_MAX_BYTES;

/** Writes a frame. */
export function encodeMemberFrame({ id, refused, message }: MemberFrame): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + message.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, id);
  view.setUint8(4, refused ? 1 : 0);
  bytes.set(message, HEAD_BYTES);
  return bytes;
}

/**
 * Reads a frame. Its message is a copy, which may be kept.
 *
 * @throws {SyntaxError} If it has no head.
 */
export function decodeMemberFrame(bytes: Uint8Array): MemberFrame {
  if (bytes.length < HEAD_BYTES) throw new SyntaxError("Cannot read a member's message: its head is missing");
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  return { id: view.getUint32(0), refused: view.getUint8(4) !== 0, message: bytes.slice(HEAD_BYTES) };
}
