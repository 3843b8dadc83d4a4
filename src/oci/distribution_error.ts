/**
 * The error codes that a pull-only registry answers with, and their usual status.
 *
 * {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes}
 */
export const DISTRIBUTION_ERROR_STATUS = {
  BLOB_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  UNSUPPORTED: 405,
} as const;

/** An error code of the distribution-spec. */
export type DistributionErrorCode = keyof typeof DISTRIBUTION_ERROR_STATUS;

/** What else a {@linkcode DistributionError} says. */
export interface DistributionErrorOptions extends ErrorOptions {
  /** The HTTP status, where it is not the usual one of the code. */
  status?: number;
  /** The `detail` member of the answer. */
  detail?: unknown;
  /** Response headers that belong to the error, such as `Allow`. */
  headers?: Record<string, string>;
}

/** A refusal with a meaning in the distribution protocol. Handlers throw it; one function turns it into an answer. */
export class DistributionError extends Error {
  override name = "DistributionError";
  /** The code of the distribution-spec. */
  readonly code: DistributionErrorCode;
  /** The HTTP status of the answer. */
  readonly status: number;
  /** The `detail` member of the answer. */
  readonly detail: unknown;
  /** Response headers that belong to the error. */
  readonly headers: Record<string, string>;

  /** @param message One line for a person. */
  constructor(code: DistributionErrorCode, message: string, options: DistributionErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.status = options.status ?? DISTRIBUTION_ERROR_STATUS[code];
    this.detail = options.detail;
    this.headers = options.headers ?? {};
  }
}
