/** Operations: API requests that a connector names, and their pages. */
import { failure, wrap } from './errors.js';
import { isReplayable, run, type Host } from './request.js';
import type { Complete } from './wasm.js';

/** What can be an argument of an operation. */
export type Argument = string | number | bigint | boolean | null | undefined | readonly (string | number | bigint | boolean)[];

/** What an operation takes, and whether its answer comes in pages. */
export interface OperationShape {
  readonly arguments: object;
  readonly paged: boolean;
}

/** The operations of a connector of your own: any name, any arguments. */
export interface AnyOperations {
  readonly [operation: string]: { readonly arguments: Readonly<Record<string, Argument>>; readonly paged: boolean };
}

/** The names of operations. */
export type OperationId<Operations> = keyof Operations & string;

/** The names of operations whose answer comes in pages. */
export type PagedOperationId<Operations> = {
  [Id in keyof Operations]: Operations[Id] extends { readonly paged: false } ? never : Id;
}[keyof Operations] &
  string;

/** The arguments of an operation. */
export type ArgumentsOf<Operations, Id extends keyof Operations> = Operations[Id] extends { readonly arguments: infer Given }
  ? Given
  : never;

/** The arguments, which may be left out where all of them may be, and the request. */
export type CallParameters<Given> = {} extends Given
  ? [args?: Given | undefined, init?: CallInit | undefined]
  : [args: Given, init?: CallInit | undefined];

/** All else of an operation's request: as for `fetch`, whose method and URL are those of the operation. */
export interface CallInit extends Omit<RequestInit, 'method'> {
  /** A body that is written as JSON. */
  readonly json?: unknown;
}

/** One page. */
export interface Page<Item> {
  /** What it lists. */
  readonly items: readonly Item[];
  /** All of the answer. */
  readonly body: unknown;
  /** The platform's own answer, whose body has been read. */
  readonly response: Response;
}

/** An operation with its arguments, in the second module: connections of their own do not need it. */
export type Inner = ReturnType<Complete['operation']>;

/** What must be seen of a page. */
interface Paging {
  readonly items: string;
  readonly next: readonly (string | { readonly header: string })[];
  readonly total?: string;
  readonly more?: string;
}

/** Begins an operation of one connection. Rejects with what is wrong with the name or the arguments. */
export type Begin = (id: string, args: object | undefined) => Promise<Inner>;

/** An operation that can be begun, and its connection. */
export interface Start {
  /** Rejects with what is wrong with the name or the arguments. */
  begin(): Promise<Inner>;
  readonly host: Host;
  readonly init: CallInit | undefined;
}

/**
 * The call of an operation. Awaited, it is the JSON of the answer; with {@link OperationCall.asResponse} the answer
 * itself.
 *
 * @example
 * ```ts
 * const channels = await appspace.call('ListChannels', { limit: 10 });
 * const response = await appspace.call('ListChannels', { limit: 10 }).asResponse();
 * ```
 */
export class OperationCall<T = unknown> implements Promise<T> {
  readonly [Symbol.toStringTag] = 'OperationCall';
  readonly #start: Start;
  readonly #answer: Promise<{ operation: Inner; response: Response }>;
  #data: Promise<T> | undefined;

  /** @internal */
  constructor(start: Start) {
    this.#start = start;
    this.#answer = answered(start);
  }

  /** The platform's own answer, whatever its status; its body is not yet read. */
  async asResponse(): Promise<Response> {
    return (await this.#answer).response;
  }

  then<A = T, B = never>(
    done?: ((value: T) => A | PromiseLike<A>) | null,
    failed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#data ??= this.#answer.then(async ({ operation, response }) => {
      if (operation.judge(response.status) !== 0) throw await refusal(operation, response, this.#start.host);
      return (await json(response)) as T;
    });
    return this.#data.then(done, failed);
  }

  catch<B = never>(failed?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, failed);
  }

  finally(done?: (() => void) | null): Promise<T> {
    return this.then().finally(done);
  }
}

/**
 * The items of an operation, page by page: the next page is asked for when the items of the one before are used up.
 *
 * @example
 * ```ts
 * for await (const channel of appspace.pages('ListChannels')) console.log(channel);
 * ```
 */
export class Pages<Item = unknown> implements AsyncIterable<Item> {
  readonly #start: Start;

  /** @internal */
  constructor(start: Start) {
    this.#start = start;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, void> {
    for await (const page of this.byPage()) yield* page.items;
  }

  /** The pages themselves. */
  async *byPage(): AsyncGenerator<Page<Item>, void, void> {
    const { begin, host, init } = this.#start;
    const operation = await begin();
    const { paging } = operation.about() as { paging?: Paging };
    // Without a rule it is for the core to say so.
    if (!paging) return void guard(() => operation.next({}));
    for (let more = true; more; ) {
      init?.signal?.throwIfAborted();
      const response = await send(operation, host, init);
      const verdict = operation.judge(response.status);
      if (verdict === 1) return void response.body?.cancel().catch(() => {});
      if (verdict !== 0) throw await refusal(operation, response, host);
      const body = await json(response);
      const items = at(body, paging.items) ?? [];
      more = guard(() => operation.next(see(paging, response, body)));
      yield { items: items as Item[], body, response };
    }
  }
}

async function answered({ begin, host, init }: Start): Promise<{ operation: Inner; response: Response }> {
  const operation = await begin();
  return { operation, response: await send(operation, host, init) };
}

async function send(operation: Inner, host: Host, init: CallInit = {}): Promise<Response> {
  const { json: value, ...rest } = init;
  const { contentType } = operation.about() as { contentType?: string };
  const own: RequestInit = value === undefined ? rest : { ...rest, body: JSON.stringify(value) };
  const headers = new Headers(own.headers);
  const body = own.body !== undefined && own.body !== null;
  // A form knows its own type, and where it is divided.
  const typed = own.body instanceof FormData || own.body instanceof URLSearchParams || (own.body instanceof Blob && own.body.type);
  if (body && contentType !== undefined && !typed && !headers.has('content-type')) headers.set('content-type', contentType);
  const replayable = isReplayable('', own);
  return run(
    guard(() => operation.call(body, replayable)),
    host,
    undefined,
    { ...own, headers },
  );
}

/** The JSON of an answer; nothing, if it has no body. */
async function json(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw failure('not_json', 'the answer of the operation is not JSON: call(...).asResponse() gives it as it is', error);
  }
}

/** More of an answer that is no success says nothing. */
const LARGEST_REFUSAL = 65_536;

async function refusal(operation: Inner, response: Response, host: Host): Promise<unknown> {
  const { status, headers } = response;
  // What breaks off says less; the status still counts.
  const body = await response.text().catch(() => '');
  const shown = body.length > LARGEST_REFUSAL ? '' : body;
  return wrap(operation.refusal({ status, headers: Object.fromEntries(headers), body: shown, token: host.held() }));
}

/** What decides about the next page. */
function see(paging: Paging, { status, url, headers }: Response, body: unknown) {
  const items = body === undefined ? [] : at(body, paging.items);
  const found = paging.next.map((place) => (typeof place === 'string' ? at(body, place) : headers.get(place.header)));
  const next = found.filter((value) => typeof value === 'string' || typeof value === 'number').map((value) => String(value).trim());
  const total = paging.total === undefined ? undefined : at(body, paging.total);
  const more = paging.more === undefined ? undefined : at(body, paging.more);
  return {
    status,
    url,
    items: Array.isArray(items) ? items.length : items === null ? 0 : undefined,
    next: next.find((text) => text !== ''),
    total: typeof total === 'string' && total.trim() !== '' ? Number(total) : total,
    more,
  };
}

/** The value at a JSON Pointer. */
function at(body: unknown, pointer: string): unknown {
  const steps = pointer.split('/').slice(1);
  return steps.reduce<unknown>((value, step) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  }, body);
}

/** Arguments as the core takes them: numbers as text, so that none loses a digit. */
export function plain(args: object | null | undefined): Record<string, unknown> {
  const text = (value: unknown) => (typeof value === 'number' || typeof value === 'bigint' ? String(value) : value);
  const entries = Object.entries(args ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, Array.isArray(value) ? value.map(text) : text(value)]));
}

export function guard<T>(action: () => T): T {
  try {
    return action();
  } catch (thrown) {
    throw wrap(thrown);
  }
}
