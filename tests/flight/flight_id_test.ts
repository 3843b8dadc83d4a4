import assert from "@std/assert";
import { isDigest } from "../../src/oci/digest.ts";
import { flightId } from "../../src/flight/flight_id.ts";

const digest = `sha256:${"ab".repeat(32)}` as const;
const other = `sha256:${"cd".repeat(32)}` as const;

Deno.test("flightId() is the digest where repositories do not matter", () => {
  assert.equal(flightId({ digest }), digest);
});

Deno.test("flightId() is another digest for every content and every repository", () => {
  const ids = [
    flightId({ digest }),
    flightId({ digest, repository: "reg.example/lib/app" }),
    flightId({ digest, repository: "reg.example/lib/app2" }),
    flightId({ digest: other, repository: "reg.example/lib/app" }),
  ];
  assert.equal(new Set(ids).size, ids.length);
  assert(ids.every((id) => isDigest(id)));
  assert.equal(ids[1], flightId({ digest, repository: "reg.example/lib/app" }), "the same on every node");
});
