import { testRouter } from "../conformance.ts";
import { testMembers } from "../member_conformance.ts";
import { LoopbackNetwork } from "./loopback_network.ts";

testRouter("DHT router", () => Promise.resolve(new LoopbackNetwork()));
testMembers("DHT router", () => Promise.resolve(new LoopbackNetwork()));
