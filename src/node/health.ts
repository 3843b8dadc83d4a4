import type { Router } from "../routing/router.ts";

/** Tells whether a node can do its work. */
export class Health {
  readonly #router: Pick<Router, "state">;
  #stopping = false;

  constructor(router: Pick<Router, "state">) {
    this.#router = router;
  }

  /** From now on the node is not ready. */
  stop(): void {
    this.#stopping = true;
  }

  /**
   * Answers `/readyz`: 200 from the start on, as a node without peers still serves its own content, and 503 once the
   * node stops. The body tells whether there are peers.
   */
  response(): Response {
    if (this.#stopping) return Response.json({ status: "stopping" }, { status: 503 });
    return Response.json(this.#router.state());
  }
}
