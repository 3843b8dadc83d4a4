import assert from "@std/assert";
import fc from "fast-check";
import { errorMessage, isAbort } from "../../src/core/errors.ts";

Deno.test("errorMessage() returns the message of an error, or its name without one", () => {
  assert.equal(errorMessage(new RangeError("Cannot read")), "Cannot read");
  assert.equal(errorMessage(new RangeError()), "RangeError");
});

Deno.test("errorMessage() puts several lines into one", () => {
  assert.equal(errorMessage(new Error("first\r\n  second\u2028third\n\n")), "first second third");
});

Deno.test("errorMessage() returns one line for anything that is thrown", () => {
  fc.assert(fc.property(fc.oneof(fc.anything(), fc.string(), fc.string().map((text) => new Error(text))), (thrown) => {
    assert.match(errorMessage(thrown), /^[^\n\r\u2028\u2029]*$/);
  }));
  assert.equal(errorMessage(Object.create(null)), "object");
});

Deno.test("isAbort() is true for cancelled and timed out calls only", () => {
  assert.equal(isAbort(new DOMException("x", "AbortError")), true);
  assert.equal(isAbort(AbortSignal.abort().reason), true);
  assert.equal(isAbort(new DOMException("x", "TimeoutError")), true);
  assert.equal(isAbort(new DOMException("x", "NetworkError")), false);
  assert.equal(isAbort(new Error("AbortError")), false);
  assert.equal(isAbort(undefined), false);
});
