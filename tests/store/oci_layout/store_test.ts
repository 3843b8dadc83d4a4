import { testStore } from "../conformance.ts";
import { openLayoutFixture } from "./layout_fixture.ts";

testStore("LayoutStore", openLayoutFixture);
