/** What the kernel says of a process. */
export interface ProcessFacts {
  /** The capabilities in effect, as a mask in hexadecimal. */
  CapEff: string;
  /** The capabilities that it can ever have. */
  CapBnd: string;
  /** 1 if it can never gain privileges. */
  NoNewPrivs: string;
  /** 2 if its system calls are filtered. */
  Seccomp: string;
}

/** Reads what the kernel says of a process. */
export async function processFacts(pid: number): Promise<ProcessFacts> {
  const text = await Deno.readTextFile(`/proc/${pid}/status`);
  const value = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(text)?.[1] ?? "";
  return {
    CapEff: value("CapEff"),
    CapBnd: value("CapBnd"),
    NoNewPrivs: value("NoNewPrivs"),
    Seccomp: value("Seccomp"),
  };
}
