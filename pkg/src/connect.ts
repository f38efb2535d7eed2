/** How a connection is made. */
import { Connection, type ConnectOptions } from './connection.js';
import { secretsOf, type ConnectorFile } from './connectors.js';
import { failure, wrap } from './errors.js';
import { FILES } from './generated/files.js';
import type { BuiltInOperations } from './generated/operations.js';
import type { BuiltIn } from './generated/parameters.js';
import type { Notice } from './messages.js';
import { guard, plain, type Begin } from './operation.js';
import { sign } from './sign.js';
import { keeper } from './store.js';
import { complete, ready, type Complete } from './wasm.js';

type Twin = InstanceType<Complete['Connection']>;

/** The values of a connector of your own. */
export type Parameters = Readonly<Record<string, string | number | boolean | null | undefined>>;

/**
 * Makes a connection. Everything that was entered is checked; nothing is sent yet.
 *
 * @example
 * ```ts
 * const workspan = await connect('workspan', { clientId, clientSecret });
 * const companies = await workspan.fetch('/app/v1/company');
 * ```
 *
 * @throws {@link GrantlineError} a parameter is missing, unknown or unusable
 */
export async function connect<Id extends keyof BuiltIn>(
  connector: Id,
  parameters: BuiltIn[Id],
  options?: ConnectOptions,
): Promise<Connection<BuiltInOperations[Id]>>;
export async function connect(
  connector: ConnectorFile,
  parameters: Parameters,
  options?: ConnectOptions,
): Promise<Connection>;
export async function connect(
  connector: keyof BuiltIn | ConnectorFile,
  parameters: object,
  options: ConnectOptions = {},
): Promise<Connection> {
  const { allowInsecureLoopback, parameterSet, shared, snapshot, store, fetch, clock, onEvent } = options;
  const spec = {
    parameters,
    allowLoopback: allowInsecureLoopback === true,
    parameterSet,
    shared: shared === true,
    snapshot: typeof snapshot === 'string' ? parsed(snapshot) : snapshot,
  };
  const time = clock && (() => Number(clock()));
  const host = [fetch, time, onEvent && listener(onEvent), store && keeper(store)] as const;
  const own = typeof connector === 'string' ? connector : JSON.stringify(connector);
  // An id that is none goes to the second module, too, which knows what was probably meant.
  const file = Object.hasOwn(FILES, own) ? FILES[own] : undefined;
  const make =
    file === undefined
      ? await complete().then((module) => () => module.connect(own, spec, ...host, sign))
      : await ready().then(({ Connection: Inner }) => () => new Inner(file, spec, ...host));
  try {
    const inner = make();
    warnInPage(connector, parameters as Parameters);
    // Operations live in the second module, which is loaded with the first of them; there a built-in connection has a
    // twin that knows its parameters and never asks for a token.
    let twin = file === undefined ? (inner as Twin) : undefined;
    const begin: Begin = async (id, args) => {
      const module = await complete();
      return guard(() => {
        twin ??= module.connect(own, { ...spec, shared: false, snapshot: undefined }, fetch, time, host[2], undefined, sign);
        return module.operation(twin, id, plain(args));
      });
    };
    return new Connection(inner, typeof connector === 'string' ? connector : connector.id, options, begin);
  } catch (thrown) {
    throw wrap(thrown);
  }
}

function parsed(snapshot: string): unknown {
  try {
    return JSON.parse(snapshot);
  } catch {
    throw failure('invalid_snapshot', 'the snapshot is not readable; start without it');
  }
}

/** A listener that throws must not end the work of the connection: its error is the host's, as with any event. */
function listener(onEvent: (notice: Notice) => void): (notice: Notice) => void {
  return (notice) => {
    try {
      onEvent(notice);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };
}

let warned = false;

/** Whoever can open a page can read what it holds. */
function warnInPage(connector: keyof BuiltIn | ConnectorFile, parameters: Parameters): void {
  if (warned || typeof window === 'undefined' || typeof document === 'undefined') return;
  const given = secretsOf(connector).filter((name) => parameters[name]);
  if (given.length === 0) return;
  warned = true;
  console.warn(
    `grantline: the secret '${given[0]}' is used in a web page, where everyone who can open the page can read it. ` +
      'Do this only with credentials of the person who looks at it, or keep them on a server.',
  );
}
