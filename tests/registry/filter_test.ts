import assert from "@std/assert";
import { storedImage } from "./stored_image.ts";
import { TestNode, type TestNodeOptions } from "./test_node.ts";

const image = await storedImage();
const TAG = "/v2/team/app/manifests/v1?ns=reg.example:5000";
const DIGEST = `/v2/team/app/manifests/${image.index.digest}?ns=reg.example:5000`;
const PATH_FORM = "/v2/reg.example:5000/team/app/manifests/v1";

const CASES: [name: string, options: TestNodeOptions, statuses: [tag: number, digest: number, pathForm: number]][] = [
  ["no filter", {}, [200, 200, 200]],
  ["a filter on the registry", { filters: [/^reg\.example/] }, [404, 404, 404]],
  ["a filter on the tag", { filters: [/:v1$/] }, [404, 200, 404]],
  ["a filter on the repository", { filters: [/team\/app/] }, [404, 404, 404]],
  ["a filter on something else", { filters: [/team\/web/] }, [200, 200, 200]],
  ["the registry mirrored", { registries: ["reg.example:5000"] }, [200, 200, 200]],
  ["another registry mirrored", { registries: ["docker.io"] }, [404, 404, 404]],
  ["both against each other", { registries: ["reg.example:5000"], filters: [/:v1$/] }, [404, 200, 404]],
];

for (const [name, options, statuses] of CASES) {
  for (const audience of ["clients", "peers"] as const) {
    Deno.test(`${audience} get what filters let through: ${name}`, async () => {
      await using node = new TestNode({ store: image.store, ...options });
      const got: number[] = [];
      for (const path of [TAG, DIGEST, PATH_FORM]) {
        const response = await node.handle(new Request(`http://127.0.0.1${path}`), audience);
        const text = await response.text();
        if (response.status === 404) assert.equal(text, "", "nothing is told about what is filtered");
        got.push(response.status);
      }
      assert.deepEqual(got, statuses);
    });
  }
}

Deno.test("a digest is served under any repository when match-repository is off", async () => {
  await using node = new TestNode({ store: image.store, matchRepository: false });
  for (const kind of ["blobs", "manifests"]) {
    const { digest, bytes } = kind === "blobs" ? image.layer : image.manifest;
    const response = await node.handle(new Request(`http://127.0.0.1/v2/a/b/${kind}/${digest}?ns=other.example`));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("oci-namespace"), "other.example");
    assert.deepEqual(await response.bytes(), bytes);
  }
});

Deno.test("a tag is served under its own repository only, also when match-repository is off", async () => {
  await using node = new TestNode({ store: image.store, matchRepository: false });
  for (const path of ["/v2/team/web/manifests/v1?ns=reg.example:5000", "/v2/team/app/manifests/v1?ns=other.example"]) {
    const response = await node.handle(new Request(`http://127.0.0.1${path}`));
    assert.equal(response.status, 404);
    await response.body?.cancel();
  }
});
