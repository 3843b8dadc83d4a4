/**
 * A process that holds many nodes. It is told what to do on its standard input, one JSON object on each line, and
 * answers on its standard output. It ends when its input ends, so that it never outlives whoever started it.
 *
 * @module
 */
import { errorMessage } from "../../../src/core/errors.ts";
import { readJsonLines } from "../json_lines.ts";
import type { HostAnswer, HostRequest } from "./host_calls.ts";
import { HostedNodes } from "./hosted_nodes.ts";

const nodes = new HostedNodes();
const answers = Deno.stdout.writable.getWriter();

async function answer({ id, name, args }: HostRequest): Promise<void> {
  try {
    // Each call takes the arguments that its name promises: both ends are compiled from host_calls.ts.
    const result = await nodes[name](args as never);
    send({ id, result });
  } catch (reason) {
    send({ id, error: errorMessage(reason) });
  }
}

function send(line: HostAnswer): void {
  answers.write(new TextEncoder().encode(`${JSON.stringify(line)}\n`)).catch(() => Deno.exit(0)); // nobody listens
}

send({ id: 0 });
for await (const line of readJsonLines(Deno.stdin.readable)) void answer(line as HostRequest);
// libp2p leaves something open that would keep the process alive.
Deno.exit(0);
