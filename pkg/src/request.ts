/** One API request: the platform's own `fetch`, while a machine of the core decides. */
import { failure, GrantlineError } from './errors.js';
import type { CallStep, ErrorStep, Event, Send, TokenMessage } from './messages.js';

/** What is called like `fetch`. */
export type Fetch = (input: string | Request, init?: RequestInit) => Promise<Response>;

/** The machine of a request, in the wasm module. */
interface Machine {
  advance(event: Event, ambient?: undefined): CallStep | ErrorStep;
  failed(error: unknown): CallStep | ErrorStep;
  free(): void;
}

/** What a request needs of its connection. */
export interface Host {
  readonly fetch: Fetch;
  /** A token; `rejected` is one that the API has refused. */
  authorize(rejected: TokenMessage | undefined): Promise<TokenMessage>;
  /** The token at hand, so that no message repeats it. */
  held(): string | undefined;
}

/** What the caller asked for. */
export type Target = string | URL | Request;

/** Whether a body can be sent a second time: a stream cannot. */
export function isReplayable(target: Target, init: RequestInit | undefined): boolean {
  const body = init?.body;
  if (body === undefined || body === null) return !(target instanceof Request) || target.body === null;
  return (
    typeof body === 'string' ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof Blob ||
    body instanceof FormData ||
    body instanceof URLSearchParams
  );
}

/** Runs the machine to its end; the answer is the platform's own, untouched. */
export async function run(machine: Machine, host: Host, target?: Target, init?: RequestInit): Promise<Response> {
  const signal = init?.signal ?? (target instanceof Request ? target.signal : undefined);
  let response: Response | undefined;
  let cause: unknown;
  let token: TokenMessage | undefined;
  try {
    let step = machine.advance({ kind: 'start' });
    for (;;) {
      if (step.kind === 'done' && response) return response;
      if (step.kind === 'error') throw new GrantlineError(step, cause);
      if (step.kind === 'authorize') {
        token = await unlessAborted(host.authorize(step.rejected), signal);
        step = machine.advance({ kind: 'token', token });
        continue;
      }
      if (step.kind !== 'send') throw failure('misuse', `the step '${step.kind}' does not fit an API request`);
      // The answer that refused the token is dropped, so that its connection can be used again.
      response?.body?.cancel().catch(() => {});
      try {
        response = await send(step, token, host.fetch, target, init);
        const body = await peek(step, response);
        const location = step.followRedirects ? response.headers.get('location') : null;
        step = machine.advance({
          kind: 'response',
          status: response.status,
          ...(location === null ? {} : { headers: { location } }),
          ...(body === undefined ? {} : { body }),
        });
      } catch (error) {
        // The caller's own abort, and the caller's own mistakes, are theirs to see as they are.
        if (signal?.aborted || error instanceof GrantlineError) throw error;
        cause = error;
        step = machine.failed(error);
      }
    }
  } finally {
    machine.free();
  }
}

async function send(
  step: Send,
  token: TokenMessage | undefined,
  fetch: Fetch,
  target: Target | undefined,
  init: RequestInit | undefined,
): Promise<Response> {
  const given = target instanceof Request ? target : undefined;
  const headers = new Headers(init?.headers ?? given?.headers);
  for (const [name, value] of Object.entries(step.headers)) headers.set(name, value);
  const guarded = travels(step, token) && (init?.redirect ?? given?.redirect ?? 'follow') === 'follow';
  const own: RequestInit = { ...init, method: step.method, headers };
  if (step.body !== undefined) own.body = step.body;
  if (guarded || step.followRedirects) own.redirect = 'manual';
  const response = await (given ? fetch(moved(new Request(given, own), step.url)) : fetch(step.url, own));
  // A browser hides where a redirect leads: there the machine cannot follow it either.
  const hidden = step.followRedirects ? response.type === 'opaqueredirect' : guarded && isRedirect(response);
  if (hidden) {
    throw failure('redirected', 'the server answered with a redirect, which is never followed with a secret');
  }
  return response;
}

/** What the machine wants to see of the body, if anything. The caller gets all of it all the same. */
async function peek(step: Send, response: Response): Promise<string | undefined> {
  const length = Number(response.headers.get('content-length') ?? 0);
  if (!step.bodyStatuses?.includes(response.status) || length > step.maxBody) return undefined;
  const reader = response.clone().body?.getReader();
  const decoder = new TextDecoder();
  let [text, seen] = ['', 0];
  for (;;) {
    const piece = await reader?.read();
    if (!piece || piece.done) return text + decoder.decode();
    seen += piece.value.length;
    text += decoder.decode(piece.value, { stream: true });
    // A longer body says nothing: half of it might say the wrong thing.
    if (seen > step.maxBody) return void reader?.cancel().catch(() => {});
  }
}

/** The same request elsewhere. Only where it must be: a browser makes a stream of its body then. */
function moved(request: Request, url: string): Request {
  return request.url === url ? request : new Request(url, request);
}

/** `fetch` drops the Authorization field on its way to another server, and nothing else that may hold the token. */
function travels(step: Send, token: TokenMessage | undefined): boolean {
  const holds = ([name, value]: [string, string]) => name !== 'authorization' && value.includes(token?.value ?? '');
  return step.secretUrl || (token !== undefined && Object.entries(step.headers).some(holds));
}

function isRedirect(response: Response): boolean {
  return response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400 && response.status !== 304);
}

/** Waits, but no longer than the caller wants to; what is waited for goes on for others. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
