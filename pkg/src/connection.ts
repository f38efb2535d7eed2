/** A connection: a service, the credentials of one person, and the token. */
import { failure, wrap } from './errors.js';
import { Flow, type CallFlow, type GrantFlow } from './flows.js';
import type { CallStep, GrantStep, Notice, Snapshot, TokenMessage } from './messages.js';
import {
  OperationCall,
  Pages,
  type AnyOperations,
  type Argument,
  type ArgumentsOf,
  type Begin,
  type CallInit,
  type CallParameters,
  type OperationId,
  type PagedOperationId,
  type Start,
} from './operation.js';
import { isReplayable, run, type Fetch, type Host, type Target } from './request.js';
import type { Store } from './store.js';
import type { Bindings } from './wasm.js';

/** How a connection is made, beyond its parameters. */
export interface ConnectOptions {
  /** Allows http to this machine: for emulators and tests. */
  readonly allowInsecureLoopback?: boolean | undefined;
  /** The way to authenticate, where the parameters alone do not tell. */
  readonly parameterSet?: string | undefined;
  /** Called instead of the global `fetch`, for token requests and for API requests. */
  readonly fetch?: Fetch | undefined;
  /** The time in milliseconds since 1970, instead of the host's: for tests. */
  readonly clock?: (() => number | Date) | undefined;
  /** Hears what the connection does. No notice holds a secret. */
  readonly onEvent?: ((notice: Notice) => void) | undefined;
  /** A state that was kept with {@link Connection.snapshot}. */
  readonly snapshot?: Snapshot | string | undefined;
  /**
   * Where the token is kept, beyond this process and for all others: see {@link Store}, and `grantline/stores` for
   * ready ones. Without one, each connection has its own token in memory.
   */
  readonly store?: Store | undefined;
  /**
   * Whether {@link Connection.start} gives the steps of a shared store although there is no `store` here: for hosts
   * that do those steps themselves. All other methods then know no store. With a `store`, `start()` always gives them.
   */
  readonly shared?: boolean | undefined;
}

/** A token and what is known of its life. */
export interface Token {
  /** The token itself: a secret. */
  readonly value: string;
  /** The scheme under which it is sent, such as `Bearer`; absent if the connector does not use `Authorization`. */
  readonly type?: string;
  /** When it was asked for. */
  readonly obtainedAt: Date;
  /** From when on it is renewed, while it still serves. */
  readonly renewAt?: Date;
  /** When it ends; absent if it lives until it is refused. */
  readonly expiresAt?: Date;
}

/** The outcome of {@link Connection.test}. */
export interface Tested {
  /** Whether the API took the token. */
  readonly ok: boolean;
  /** The status of its answer. */
  readonly status: number;
}

/** When a person must act. */
export interface Reconnect {
  /** When the connection ends without them. */
  readonly at: Date;
  /** From when on they are warned. */
  readonly warnAt: Date;
}

/** Where the type of an answer is given, the arguments are not looked at: TypeScript infers all types or none. */
type Chosen<T, Id> = [T] extends [never] ? never : Id;

/** A token in both forms, with the field that carries it, and until when none of this needs a second thought. */
interface Pass {
  readonly token: TokenMessage;
  readonly authorization?: string;
  readonly until: number;
  readonly shown: Token;
}

type Inner = InstanceType<Bindings['Connection']>;

/**
 * A connection to a service, made by `connect`. Any number of callers may use it at the same time: together they
 * make one token request. Nothing that prints it shows a secret.
 */
export class Connection<Operations extends object = AnyOperations> {
  readonly #inner: Inner;
  readonly #connector: string;
  readonly #fetch: Fetch | undefined;
  readonly #clock: (() => number | Date) | undefined;
  #pass: Pass | undefined;
  /** The latest time that was seen here, so that a clock that is set back is noticed. */
  #seen = 0;

  readonly #begin: Begin;

  /** @internal */
  constructor(inner: Inner, connector: string, options: ConnectOptions, begin: Begin) {
    this.#inner = inner;
    this.#begin = begin;
    this.#connector = connector;
    this.#fetch = options.fetch;
    this.#clock = options.clock;
  }

  /**
   * A token that serves: the one at hand, a renewed one, or a first one.
   *
   * @throws {@link GrantlineError} why there is none
   */
  async token(): Promise<Token> {
    return (this.#fresh() ?? (await this.#obtain())).shown;
  }

  /**
   * The value of the `Authorization` field of a request.
   *
   * @throws {@link GrantlineError} why there is none
   */
  async authorization(): Promise<string> {
    const { authorization } = this.#fresh() ?? (await this.#obtain());
    if (authorization !== undefined) return authorization;
    throw failure('invalid_request', 'this connector does not send its token in the Authorization field: use fetch()');
  }

  /**
   * Calls the API: `fetch` with the connection's token. A path is joined to the connector's base URL. If the API
   * refuses the token, a new one is obtained and the request is sent once more, unless its body is a stream.
   *
   * The answer is the platform's own, whatever its status. Redirects are followed by the rules of `fetch`, which
   * drops the token on its way to another server; a connector that sends it in another field follows none.
   *
   * @throws {@link GrantlineError} there is no token, or no answer; an abort rejects as it does in `fetch`
   */
  async fetch(target: Target, init?: RequestInit): Promise<Response> {
    const given = target instanceof Request ? target : undefined;
    const url = given?.url ?? String(target);
    const method = (init?.method ?? given?.method ?? 'GET').toUpperCase();
    const machine = guard(() => this.#inner.call(method, url, isReplayable(target, init)));
    return run(machine, this.#host(), target, init);
  }

  /**
   * Calls an operation that the connector names. Awaited, it is the JSON of the answer (`undefined` if it has no body);
   * `asResponse()` gives the platform's own answer, whatever its status.
   *
   * @throws {@link GrantlineError} as of `fetch`; an argument is wrong; or, unlike `fetch`, the status is none of success:
   * `operation_failed`, with `status`, `serverCode` and the server's message
   */
  call<Id extends OperationId<Operations>>(
    operation: Id,
    ...[args, init]: CallParameters<ArgumentsOf<Operations, Id>>
  ): OperationCall;
  call<T = never>(operation: Chosen<T, OperationId<Operations>>, args?: Readonly<Record<string, Argument>>, init?: CallInit): OperationCall<T>;
  call(operation: string, ...given: unknown[]): OperationCall<any> {
    return new OperationCall(this.#operation(operation, given));
  }

  /**
   * Calls an operation page by page. It is iterated with `for await`, over all items; `byPage()` gives the pages.
   *
   * @throws {@link GrantlineError} as of `call`; the connector does not say how the operation is paged
   */
  pages<Id extends PagedOperationId<Operations>>(
    operation: Id,
    ...[args, init]: CallParameters<ArgumentsOf<Operations, Id>>
  ): Pages;
  pages<T = never>(operation: Chosen<T, PagedOperationId<Operations>>, args?: Readonly<Record<string, Argument>>, init?: CallInit): Pages<T>;
  pages(operation: string, ...given: unknown[]): Pages<any> {
    return new Pages(this.#operation(operation, given));
  }

  /**
   * Proves that the credentials work, with a harmless API request.
   *
   * @throws {@link GrantlineError} there is no token, or no answer
   */
  async test(): Promise<Tested> {
    const response = await run(
      guard(() => this.#inner.test()),
      this.#host(),
    );
    response.body?.cancel().catch(() => {});
    return { ok: response.ok, status: response.status };
  }

  /**
   * A new token now, whatever is at hand and whatever failure is remembered: for a person who has mended something at
   * the service and does not want to wait.
   *
   * @throws {@link GrantlineError} why there is no new one; a token that served before still does
   */
  async renew(): Promise<Token> {
    try {
      return (this.#pass = complete((await this.#inner.authorize({ kind: 'renew' })) as Omit<Pass, 'shown'>)).shown;
    } catch (thrown) {
      throw wrap(thrown);
    }
  }

  /**
   * Ends the token. Resolves to whether the server was told; a connector without such a request only forgets it.
   *
   * @throws {@link GrantlineError} the server cannot be reached or refuses
   */
  async revoke(): Promise<boolean> {
    const ended = this.#inner.authorize({ kind: 'revoke' }) as Promise<boolean>;
    // From here on the token serves nobody.
    this.#pass = undefined;
    try {
      return await ended;
    } catch (thrown) {
      throw wrap(thrown);
    }
  }

  /** The state, for a host that keeps it over a restart. It holds tokens: keep it safe. */
  snapshot(): Snapshot {
    return this.#inner.snapshot() as Snapshot;
  }

  /** When a person must act, if the connection cannot live on by itself and its end is known. */
  reconnect(): Reconnect | undefined {
    const [at, warnAt] = this.#inner.reconnect();
    return at === undefined || warnAt === undefined ? undefined : { at: new Date(at), warnAt: new Date(warnAt) };
  }

  /** Parameters that look like a slip: they are used as they are. */
  warnings(): string[] {
    return this.#inner.warnings();
  }

  /** The token step by step, for a host that does its own HTTP. What is obtained stays with this connection. */
  start(): GrantFlow {
    return new Flow<GrantStep>(this.#inner.start(), () => (this.#pass = undefined));
  }

  /** An API request step by step. `replayable` says whether its body can be sent a second time. */
  startCall(method: string, target: string | URL, replayable = true): CallFlow {
    return new Flow<CallStep>(
      guard(() => this.#inner.call(method, String(target), replayable)),
      () => {},
    );
  }

  /** An operation step by step. `replayable` says whether its body can be sent a second time, if it has one. */
  async startOperation(operation: OperationId<Operations>, args?: object, replayable = true, body = false): Promise<CallFlow> {
    const begun = await this.#begin(operation, args);
    return new Flow<CallStep>(
      guard(() => begun.call(body, replayable)),
      () => {},
    );
  }

  /** The connector's test request step by step. */
  startTest(): CallFlow {
    return new Flow<CallStep>(
      guard(() => this.#inner.test()),
      () => {},
    );
  }

  /** The connector, and nothing that was entered. */
  toJSON(): { connector: string } {
    return { connector: this.#connector };
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Connection { connector: '${this.#connector}' }`;
  }

  /** The hot path: no step into wasm while the token needs no second thought and the clock goes on. */
  #fresh(): Pass | undefined {
    const pass = this.#pass;
    const now = this.#now();
    if (now < this.#seen - STEP) return undefined;
    if (now > this.#seen) this.#seen = now;
    return pass !== undefined && now < pass.until ? pass : undefined;
  }

  #now(): number {
    return this.#clock === undefined ? Date.now() : Number(this.#clock());
  }

  /** The token at hand, renewed in the background if it is due; else whatever it takes. */
  async #obtain(rejected?: TokenMessage): Promise<Pass> {
    this.#pass = undefined;
    try {
      const seen = this.#seen;
      this.#seen = this.#now();
      const found = rejected ? undefined : this.#inner.read(seen);
      const event = rejected && { kind: 'token', token: rejected };
      return (this.#pass = complete((found ?? (await this.#inner.authorize(event))) as Omit<Pass, 'shown'>));
    } catch (thrown) {
      throw wrap(thrown);
    }
  }

  #operation(id: string, given: unknown[]): Start {
    const [args, init] = given as [object?, CallInit?];
    return { begin: () => this.#begin(id, args), host: this.#host(), init };
  }

  #host(): Host {
    return {
      fetch: this.#fetch ?? ((input, init) => fetch(input, init)),
      held: () => this.#pass?.token.value,
      authorize: async (rejected) => ((!rejected && this.#fresh()) || (await this.#obtain(rejected))).token,
    };
  }
}

/** A clock that goes back by less than this is not worth a thought. */
const STEP = 1000;

function complete({ token, authorization, until }: Omit<Pass, 'shown'>): Pass {
  const space = authorization?.indexOf(' ') ?? -1;
  const shown: Token = {
    value: token.value,
    ...(authorization !== undefined && space > 0 ? { type: authorization.slice(0, space) } : {}),
    obtainedAt: new Date(token.obtainedAt),
    ...(token.renewAt === undefined ? {} : { renewAt: new Date(token.renewAt) }),
    ...(token.expiresAt === undefined ? {} : { expiresAt: new Date(token.expiresAt) }),
  };
  return { token, ...(authorization === undefined ? {} : { authorization }), until, shown: Object.freeze(shown) };
}

function guard<T>(action: () => T): T {
  try {
    return action();
  } catch (thrown) {
    throw wrap(thrown);
  }
}
