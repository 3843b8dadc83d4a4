import { testRouter } from "../conformance.ts";
import { LoopbackNetwork } from "./loopback_network.ts";

testRouter("DHT router", () => Promise.resolve(new LoopbackNetwork()));
