import { Counter, Gauge, type Registry } from "prom-client";

/** How many flights a node has to do with, by what it does. */
export interface FlightCounts {
  /** Those that it fetches from upstream. */
  lead: number;
  /** Those in which it reads from others. */
  follow: number;
  /** Those that it coordinates, whether it takes part or not. */
  coordinate: number;
}

/** What may be told about content that nobody is known to have. */
const VERDICTS = ["alone", "lead", "uncoordinated", "found", "follow"] as const;
/** What may be wrong with a member of a flight. */
const FAILURES = ["missing", "bad", "lost", "full"] as const;

/** The instruments of flights. */
export class FlightMetrics {
  /**
   * What requests for content that nobody was known to have were told: `alone`, `lead`, `found`, `follow`, or
   * `uncoordinated`, which is a `lead` for want of a coordinator.
   */
  readonly verdicts: Counter<"verdict">;
  /** Flights that this node was made the lead of, in place of another. */
  readonly promotions: Counter;
  /** Empty bodies that let downloads of this node's flights go first. */
  readonly yields: Counter;
  /** Bodies that waited in vain. */
  readonly giveUps: Counter;
  /** Bodies that followers were given to the end: copies that upstream was not asked for. */
  readonly savedCopies: Counter;
  /** Members that were found wanting, by what was wrong. */
  readonly sourceFailures: Counter<"why">;
  readonly #reads = new Set<() => FlightCounts>();

  /** @param registry Where the instruments are registered. */
  constructor(registry: Registry) {
    const registers = [registry];
    this.verdicts = new Counter({
      name: "peili_flight_verdicts_total",
      help: "Requests for content that nobody was known to have, by what to do about them.",
      labelNames: ["verdict"],
      registers,
    });
    this.promotions = new Counter({
      name: "peili_flight_promotions_total",
      help: "Flights that this node was made the lead of, in place of another.",
      registers,
    });
    this.yields = new Counter({
      name: "peili_flight_yields_total",
      help: "Empty bodies that let this node's downloads from upstream go first.",
      registers,
    });
    this.giveUps = new Counter({
      name: "peili_flight_give_ups_total",
      help: "Bodies that waited for others in vain.",
      registers,
    });
    this.savedCopies = new Counter({
      name: "peili_flight_saved_copies_total",
      help: "Bodies of followers that were complete: copies that upstream was not asked for.",
      registers,
    });
    this.sourceFailures = new Counter({
      name: "peili_flight_source_failures_total",
      help: "Members of flights that were found wanting, by what was wrong.",
      labelNames: ["why"],
      registers,
    });
    // A series that begins above zero hides its first increase from Prometheus.
    for (const verdict of VERDICTS) this.verdicts.inc({ verdict }, 0);
    for (const why of FAILURES) this.sourceFailures.inc({ why }, 0);
    const reads = this.#reads;
    new Gauge({
      name: "peili_flights",
      help: "Flights that this node has to do with now, by what it does.",
      labelNames: ["role"],
      registers,
      collect() {
        const counts = [...reads].map((read) => read());
        for (const role of ["lead", "follow", "coordinate"] as const) {
          this.set({ role }, counts.reduce((sum, { [role]: count }) => sum + count, 0));
        }
      },
    });
  }

  /** Has a function asked how many flights there are, when that is collected, until the result is disposed of. */
  observe(read: () => FlightCounts): Disposable {
    this.#reads.add(read);
    return { [Symbol.dispose]: () => void this.#reads.delete(read) };
  }
}
