/**
 * The messages between a machine of the core and whoever does its I/O: the same on every platform, and the form of
 * the conformance vectors. Times are milliseconds since 1970.
 */
import type { ErrorCode, ErrorFields, FaultKind } from './errors.js';

/** A token as the machines tell it. */
export interface TokenMessage {
  readonly value: string;
  readonly obtainedAt: number;
  readonly expiresAt?: number;
  readonly renewAt?: number;
}

/** The state of a connection, for a host that keeps it. It is plain JSON, and it holds tokens: keep it safe. */
export interface Snapshot {
  readonly version: number;
  readonly key: string;
  readonly revision: number;
  readonly [field: string]: unknown;
}

/** What happened: the answer to a {@link GrantStep} or {@link CallStep}. */
export type Event =
  | { readonly kind: 'start'; readonly rejected?: TokenMessage }
  | { readonly kind: 'renew' }
  | { readonly kind: 'revoke' }
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  | { readonly kind: 'failed'; readonly fault: FaultKind; readonly detail?: string }
  | { readonly kind: 'woke' }
  | { readonly kind: 'token'; readonly token: TokenMessage }
  | { readonly kind: 'loaded'; readonly record?: Snapshot | null }
  | { readonly kind: 'leased'; readonly granted: boolean }
  | { readonly kind: 'saved'; readonly written: boolean }
  | { readonly kind: 'released' }
  | { readonly kind: 'signed'; readonly signature: string };

/** The time, and 32 random bytes in hexadecimal; without them, the connection's own. */
export interface Ambient {
  readonly now: number;
  readonly entropy?: string;
}

/** Send this request, follow no redirect, and report `response` or `failed`. It holds secrets. */
export interface Send {
  readonly kind: 'send';
  readonly purpose: 'acquire' | 'renew' | 'revoke' | 'call';
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** After how long to give up; zero leaves it to you. */
  readonly timeoutMs: number;
  /** How much of the answer's body is wanted. */
  readonly maxBody: number;
  /** For an API request: with which statuses the body of the answer is wanted at all. A longer one is left out. */
  readonly bodyStatuses?: readonly number[];
  /** Whether the machine follows redirects itself: then do not, and report where the answer's `location` leads. */
  readonly followRedirects?: boolean;
  /** Whether a secret stands in the URL, which must then not be logged. */
  readonly secretUrl: boolean;
}

/** Sign `data` and report `signed` or `failed`; `sign` does it. It holds a private key. */
export interface Sign {
  readonly kind: 'sign';
  readonly algorithm: 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
  /** The private key: PKCS#8 DER in base64. */
  readonly key: string;
  /** What is signed, in ASCII. The signature is reported in base64url without padding. */
  readonly data: string;
}

/** What a grant ended with. */
export type Granted =
  | {
      readonly token: TokenMessage;
      readonly source: 'held' | 'acquired' | 'renewed';
      /** The failure of an early renewal, which does no harm yet. */
      readonly setback?: ErrorFields;
    }
  | { readonly revoked: boolean };

/** What a grant wants next. */
export type GrantStep =
  | Send
  | Sign
  | { readonly kind: 'sleep'; readonly millis: number }
  | { readonly kind: 'load' }
  | { readonly kind: 'lease'; readonly millis: number }
  | { readonly kind: 'save'; readonly record: Snapshot; readonly expected: number }
  | { readonly kind: 'release' }
  | { readonly kind: 'done'; readonly output: Granted };

/** What an API request wants next. */
export type CallStep =
  | Send
  | { readonly kind: 'authorize'; readonly rejected?: TokenMessage }
  | { readonly kind: 'done'; readonly output: { readonly status: number; readonly attempts: number } };

/** How a machine says that it has failed, where nothing is thrown. */
export type ErrorStep = { readonly kind: 'error' } & ErrorFields;

/** Something that a host may want to log, count or show. It never holds a secret. */
export type Notice =
  | {
      readonly kind: 'sent';
      readonly purpose: 'acquire' | 'renew' | 'revoke' | 'call';
      /** The request in one line, its secrets masked. */
      readonly request: string;
      readonly status?: number;
      readonly fault?: FaultKind;
      readonly millis: number;
    }
  | { readonly kind: 'acquired'; readonly expiresAt?: number }
  | { readonly kind: 'renewed'; readonly expiresAt?: number }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly harmless: boolean }
  | { readonly kind: 'rejected' }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'needs_reconnect_soon'; readonly at: number }
  | { readonly kind: 'needs_reconnect'; readonly message: string };
