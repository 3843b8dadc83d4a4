import assert from "@std/assert";
import { sumTraffic } from "./socket_traffic.ts";

const TEXT = [
  'ESTAB 0 0 127.0.0.1:1 127.0.0.1:2 users:(("deno",pid=12,fd=3)) bytes_sent:110 bytes_retrans:10 bytes_acked:100 ' +
  "bytes_received:20 segs_out:9 segs_in:9 data_segs_out:4 data_segs_in:3",
  'ESTAB 0 0 127.0.0.1:3 127.0.0.1:4 users:(("deno",pid=12,fd=4)) bytes_acked:1 segs_in:1',
  'ESTAB 0 0 127.0.0.1:5 127.0.0.1:6 users:(("deno",pid=123,fd=3)) bytes_acked:1000 data_segs_out:1000',
  "LISTEN 0 0 127.0.0.1:7 0.0.0.0:*",
].join("\n");

Deno.test("sumTraffic() sums the connections of one process, in both directions", () => {
  assert.deepEqual(sumTraffic(TEXT, 12), { bytes: 121, segments: 7 });
  assert.deepEqual(sumTraffic(TEXT, 1), { bytes: 0, segments: 0 });
});
