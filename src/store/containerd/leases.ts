import type { CallOptions } from "../../core/call_options.ts";
import { SECOND_MS } from "../../core/units.ts";
import { type Digest, isDigest } from "../../oci/digest.ts";
import { ContentNotFoundError } from "../content_store.ts";
import type { ContentLeases, Lease } from "../leases.ts";
import type { ContainerdClient } from "./client.ts";
import { type Lease as ContainerdLease, LeasesService } from "./gen/leases.ts";

/** Marks a lease as one of Peili's: nobody else's is ever touched. */
const OWN_LABEL = "peili/retain";
/** When containerd removes a lease by itself, also when Peili is gone by then. */
const EXPIRE_LABEL = "containerd.io/gc.expire";
/** Only what the lease names is kept: without it a config would keep the unpacked file systems of its image. */
const FLAT_LABEL = "containerd.io/gc.flat";
/** What kind of thing a lease keeps. */
const CONTENT_TYPE = "content";

/** How long containerd may take, in milliseconds: nobody waits, and each change is a write to its database. */
const CALL_TIMEOUT_MS = 5 * SECOND_MS;
/** How long it may take when it collects garbage meanwhile, in milliseconds. */
const COLLECT_TIMEOUT_MS = 30 * SECOND_MS;

/** The leases of containerd that are Peili's, in the namespace of a client. */
export class ContainerdLeases implements ContentLeases {
  readonly #client: ContainerdClient;

  /** @param client Asked for leases. */
  constructor(client: ContainerdClient) {
    this.#client = client;
  }

  /** As {@linkcode ContentLeases} says. */
  async create({ id, expiresMs }: Lease, options: CallOptions = {}): Promise<void> {
    const labels = { [OWN_LABEL]: "1", [FLAT_LABEL]: "1", [EXPIRE_LABEL]: new Date(expiresMs).toISOString() };
    await this.#client.call(LeasesService.create, { id, labels }, { ...options, timeoutMs: CALL_TIMEOUT_MS });
  }

  /** As {@linkcode ContentLeases} says. */
  async list(options: CallOptions = {}): Promise<Lease[]> {
    const request = { filters: [`labels."${OWN_LABEL}"`] };
    const { leases } = await this.#client.call(LeasesService.list, request, { ...options, timeoutMs: CALL_TIMEOUT_MS });
    return leases.flatMap(own);
  }

  /** As {@linkcode ContentLeases} says. */
  async contents(id: string, options: CallOptions = {}): Promise<Digest[]> {
    const limits = { ...options, subject: id, timeoutMs: CALL_TIMEOUT_MS };
    try {
      const { resources } = await this.#client.call(LeasesService.listResources, { id }, limits);
      const digests = resources.filter(({ type }) => type === CONTENT_TYPE).map(({ id }) => id);
      return digests.filter(isDigest);
    } catch (reason) {
      if (reason instanceof ContentNotFoundError) return [];
      throw reason;
    }
  }

  /** As {@linkcode ContentLeases} says. */
  async add(id: string, digest: Digest, options: CallOptions = {}): Promise<void> {
    const request = { id, resource: { id: digest, type: CONTENT_TYPE } };
    const limits = { ...options, subject: id, timeoutMs: CALL_TIMEOUT_MS };
    await this.#client.call(LeasesService.addResource, request, limits);
  }

  /** As {@linkcode ContentLeases} says. */
  async remove(id: string, digest: Digest, options: CallOptions = {}): Promise<void> {
    const request = { id, resource: { id: digest, type: CONTENT_TYPE } };
    const limits = { ...options, subject: id, timeoutMs: CALL_TIMEOUT_MS };
    await ignoreAbsent(this.#client.call(LeasesService.deleteResource, request, limits));
  }

  /** As {@linkcode ContentLeases} says. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    const limits = { ...options, subject: id, timeoutMs: COLLECT_TIMEOUT_MS };
    await ignoreAbsent(this.#client.call(LeasesService.delete, { id, sync: true }, limits));
  }
}

/** containerd takes filters that it does not understand for ones that everything passes. */
function own({ id, labels }: ContainerdLease): Lease[] {
  const expiresMs = Date.parse(labels[EXPIRE_LABEL] ?? "");
  return labels[OWN_LABEL] === undefined || Number.isNaN(expiresMs) ? [] : [{ id, expiresMs }];
}

async function ignoreAbsent(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (reason) {
    if (!(reason instanceof ContentNotFoundError)) throw reason;
  }
}
