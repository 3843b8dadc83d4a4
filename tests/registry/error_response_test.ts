import assert from "@std/assert";
import { RangeNotSatisfiableError } from "../../src/http/byte_range.ts";
import {
  DISTRIBUTION_ERROR_STATUS,
  DistributionError,
  type DistributionErrorCode,
} from "../../src/oci/distribution_error.ts";
import { errorResponse } from "../../src/registry/error_response.ts";

for (const [code, status] of Object.entries(DISTRIBUTION_ERROR_STATUS)) {
  Deno.test(`errorResponse() answers ${code} with ${status} and the JSON of the specification`, async () => {
    const response = errorResponse(new DistributionError(code as DistributionErrorCode, "why"));
    assert.equal(response.status, status);
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.deepEqual(await response.json(), { errors: [{ code, message: "why" }] });
  });
}

Deno.test("errorResponse() takes status, detail and headers from the error", async () => {
  const error = new DistributionError("DENIED", "why", { status: 401, detail: { a: 1 }, headers: { "x-a": "b" } });
  const response = errorResponse(error);
  assert.deepEqual([response.status, response.headers.get("x-a")], [401, "b"]);
  assert.deepEqual(await response.json(), { errors: [{ code: "DENIED", message: "why", detail: { a: 1 } }] });
});

Deno.test("errorResponse() answers a range that cannot be satisfied with 416 and the size", async () => {
  const response = errorResponse(new RangeNotSatisfiableError("bytes=9-", 5));
  assert.deepEqual([response.status, response.headers.get("content-range")], [416, "bytes */5"]);
  assert.equal(await response.text(), "");
});

const FAULTS = [new TypeError("/secret/path"), new DOMException("x", "TimeoutError"), "text", null, undefined, 5, {}];

for (const fault of FAULTS) {
  Deno.test(`errorResponse() answers ${fault} with 404 and nothing of what went wrong`, async () => {
    const response = errorResponse(fault);
    assert.equal(response.status, 404);
    const text = await response.text();
    assert.equal(JSON.parse(text).errors.length, 1);
    assert(!text.includes("secret"));
  });
}
