import { type LoggedProcess, spawnLogged } from "../support/logged_process.ts";
import { until } from "../support/until.ts";

/** A running nginx. */
export interface Nginx extends AsyncDisposable {
  /** The one process that does all the work. */
  readonly pid: number;
  /** Where it answers, as `http://host:port`. */
  readonly origin: string;
}

/** Where systems keep it when it is not on the path of ordinary users. */
const PLACES = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx"];

/**
 * Finds nginx.
 *
 * @returns Its path, or undefined if it is not there.
 */
export async function findNginx(): Promise<string | undefined> {
  const onPath = (Deno.env.get("PATH") ?? "").split(":").map((dir) => `${dir}/nginx`);
  for (const path of [...onPath, ...PLACES]) {
    const info = await Deno.stat(path).catch(() => undefined);
    if (info?.isFile) return path;
  }
}

/** Returns the configuration of a server of the files below a directory, by sendfile. */
export function sendfileServer(root: string): string {
  return `root ${root}; sendfile on;`;
}

/** Returns the configuration of a relay to another server. */
export function relayServer(origin: string): string {
  return `location / {
    proxy_pass ${origin}; proxy_http_version 1.1; proxy_max_temp_file_size 0;
    proxy_buffer_size 64k; proxy_buffers 16 64k; proxy_busy_buffers_size 512k;
  }`;
}

/**
 * Starts nginx with a configuration of its own, in one process, on loopback.
 *
 * @param dir An empty directory for its files.
 * @param server What stands in its one `server` block.
 */
export async function startNginx(program: string, dir: string, server: string): Promise<Nginx> {
  await Deno.mkdir(dir, { recursive: true });
  const port = freePort();
  await Deno.writeTextFile(`${dir}/nginx.conf`, configuration(dir, port, server));
  const process = spawnLogged({
    name: "nginx",
    command: [program, "-p", dir, "-c", `${dir}/nginx.conf`],
    logPath: `${dir}/nginx.log`,
  });
  try {
    await until("nginx to answer", () => process.end !== undefined || canConnect(port), { timeoutMs: 5_000 });
    if (process.end) throw new Error(`Cannot start nginx: it ended\n${await process.logTail()}`);
  } catch (reason) {
    await process.kill();
    throw reason;
  }
  return nginx(process, port);
}

function nginx(process: LoggedProcess, port: number): Nginx {
  return {
    pid: process.pid,
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

/** `master_process off` makes it one process, which is what one worker does and is easier to measure. */
function configuration(dir: string, port: number, server: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${dir}/${kind};`).join(" ");
  return `daemon off; master_process off; pid ${dir}/nginx.pid; error_log stderr;
events { worker_connections 256; }
http {
  access_log off; default_type application/octet-stream; ${temporary}
  server { listen 127.0.0.1:${port}; ${server} }
}
`;
}

/** Returns a port of loopback that nobody uses now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function canConnect(port: number): Promise<boolean> {
  using _conn = await Deno.connect({ hostname: "127.0.0.1", port });
  return true;
}
