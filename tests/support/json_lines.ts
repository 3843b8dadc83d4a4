/** The longest line that is read, in characters: some thousand content keys. */
const LINE_MAX_CHARS = 16 * 1024 * 1024;

/**
 * Yields the values of a stream of JSON, one on each line.
 *
 * @throws {SyntaxError} If a line is no JSON.
 * @throws {RangeError} If a line is too long.
 */
export async function* readJsonLines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<unknown> {
  let rest: string[] = [];
  let chars = 0;
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const [first = "", ...lines] = text.split("\n");
    rest.push(first);
    chars += first.length;
    if (chars > LINE_MAX_CHARS) throw new RangeError(`Cannot read a line of over ${LINE_MAX_CHARS} characters`);
    for (const line of lines) {
      yield JSON.parse(rest.join(""));
      rest = [line];
      chars = line.length;
    }
  }
}
