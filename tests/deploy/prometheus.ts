import { httpText } from "../support/http_text.ts";
import { type LoggedProcess, spawnLogged } from "../support/logged_process.ts";
import { prometheusTool } from "./setup/prometheus_tools.ts";

/** One series of an answer of Prometheus. */
export interface Sample {
  metric: Record<string, string>;
  value: [time: number, text: string];
}

/** A real Prometheus that scrapes every second. */
export class Prometheus implements AsyncDisposable {
  readonly #process: LoggedProcess;
  readonly #address: string;

  private constructor(process: LoggedProcess, address: string) {
    this.#process = process;
    this.#address = address;
  }

  /**
   * Starts it and waits until it is ready.
   *
   * @param targets What it scrapes, as `host:port`.
   * @param options A directory for its files, and a free port.
   */
  static async start(targets: readonly string[], { dir, port }: { dir: string; port: number }): Promise<Prometheus> {
    const config = {
      global: { scrape_interval: "1s" },
      scrape_configs: [{ job_name: "peili-metrics", static_configs: [{ targets, labels: { namespace: "peili" } }] }],
    };
    await Deno.writeTextFile(`${dir}/prometheus.yml`, JSON.stringify(config));
    const address = `127.0.0.1:${port}`;
    const flags = [`--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`];
    const process = spawnLogged({
      name: "prometheus",
      command: [prometheusTool("prometheus"), ...flags, `--web.listen-address=${address}`],
      logPath: `${dir}/prometheus.log`,
    });
    await process.up(async () => (await httpText(`http://${address}/-/ready`)) !== undefined);
    return new Prometheus(process, address);
  }

  /** Asks for the value of an expression now. */
  async query(expression: string): Promise<Sample[]> {
    const url = `http://${this.#address}/api/v1/query?query=${encodeURIComponent(expression)}`;
    return JSON.parse(await httpText(url)).data.result;
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
  }
}
