/** What can go wrong, with the same codes on every platform. */

/** Every error code there is, in the order of the Rust core. */
export const CODES = [
  'invalid_connector',
  'unknown_connector',
  'missing_parameter',
  'unknown_parameter',
  'invalid_parameter',
  'insecure_url',
  'host_not_allowed',
  'invalid_request',
  'invalid_snapshot',
  'unreachable',
  'timeout',
  'connection_lost',
  'store',
  'denied',
  'redirected',
  'too_large',
  'not_json',
  'no_token',
  'exhausted',
  'needs_reconnect',
  'unknown_operation',
  'invalid_argument',
  'operation_failed',
  'invalid_pages',
  'misuse',
] as const;

/** A stable name of an error, for programs. */
export type ErrorCode = (typeof CODES)[number];

/** Why no answer came. */
export type FaultKind = 'unreachable' | 'timeout' | 'lost' | 'too_large' | 'redirected' | 'store' | 'signing';

/** The fields of an error as the core tells them. */
export interface ErrorFields {
  readonly code: ErrorCode;
  readonly message: string;
  readonly parameter?: string;
  readonly status?: number;
  readonly serverCode?: string;
  readonly requestId?: string;
  readonly fault?: FaultKind;
  readonly retryAt?: number;
  readonly needsReconnect: boolean;
}

/**
 * Anything that Grantline itself refuses or cannot do. Its message says what to do about it and holds no secret.
 *
 * @example
 * ```ts
 * try {
 *   await workspan.token();
 * } catch (error) {
 *   if (error instanceof GrantlineError && error.needsReconnect) askForNewCredentials();
 *   else throw error;
 * }
 * ```
 */
export class GrantlineError extends Error {
  override readonly name = 'GrantlineError';
  /** A stable name for programs. */
  readonly code: ErrorCode;
  /** The connection parameter or the argument at fault. */
  declare readonly parameter?: string;
  /** The status of the server's answer. */
  declare readonly status?: number;
  /** The server's own error code. */
  declare readonly serverCode?: string;
  /** The server's name for the request, for its support. */
  declare readonly requestId?: string;
  /** What happened to the last request, when all tries are used up and the network was at fault. */
  declare readonly fault?: FaultKind;
  /** When it makes sense to try again, where that is known. Until then no request is made. */
  declare readonly retryAt?: Date;
  /** Whether a person must act: no machine can get a token any more. */
  readonly needsReconnect: boolean;

  /** @internal */
  constructor(fields: ErrorFields, cause?: unknown) {
    super(fields.message, cause === undefined ? undefined : { cause });
    this.code = fields.code;
    this.needsReconnect = fields.needsReconnect;
    if (fields.parameter !== undefined) this.parameter = fields.parameter;
    if (fields.status !== undefined) this.status = fields.status;
    if (fields.serverCode !== undefined) this.serverCode = fields.serverCode;
    if (fields.requestId !== undefined) this.requestId = fields.requestId;
    if (fields.fault !== undefined) this.fault = fields.fault;
    if (fields.retryAt !== undefined) this.retryAt = new Date(fields.retryAt);
  }
}

/** An error of the wrapper itself. */
export function failure(code: ErrorCode, message: string, cause?: unknown): GrantlineError {
  return new GrantlineError({ code, message, needsReconnect: false }, cause);
}

/** What the wasm module threw, as an error; whatever else was thrown stays what it is. */
export function wrap(thrown: unknown): unknown {
  const isOurs = typeof thrown === 'object' && thrown !== null && !(thrown instanceof Error) && 'code' in thrown;
  return isOurs ? new GrantlineError(thrown as ErrorFields) : thrown;
}
