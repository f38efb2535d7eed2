/** What must and must not compile for a user of the package. It is checked and never run. */
import {
  check,
  connect,
  connectors,
  GrantlineError,
  sign,
  version,
  type AppspaceOperations,
  type CallStep,
  type Connection,
  type ErrorCode,
  type Event,
  type GrantStep,
  type Notice,
  type Snapshot,
} from 'grantline';

version() satisfies string;
(await check({ id: 'own' })).problems[0]?.severity satisfies 'error' | 'warning' | 'hint' | undefined;
(await check('{}')).problems.length satisfies number;
// @ts-expect-error: takes a file
await check(1);
// @ts-expect-error: takes nothing
version(1);
// @ts-expect-error: inner files stay inner
await import('grantline/dist/wasm.js');

const workspan = await connect('workspan', { clientId: 'a', clientSecret: 'b', environment: process.env['ENV'] });
workspan satisfies Connection;
await connect('appspace', { subjectId: 'a', refreshToken: 'b' }, { parameterSet: 'refresh-token' });
await connect('appspace', { apiKey: 'a', apiKeyHeader: 'x-api-key' });
await connect('workspace-one-access', { baseUrl: 'https://a.example', clientId: 'a', clientSecret: 'b' });
await connect('workstream', { token: 'a' });
await connect({ id: 'own', title: 'Own', base_url: '{baseUrl}' }, { anything: 1, flag: true });

// @ts-expect-error: a parameter is text
await connect('workspan', { clientId: 1, clientSecret: 'b' });
// @ts-expect-error: a parameter is missing
await connect('workspan', { clientId: 'a' });
// @ts-expect-error: no such parameter
await connect('workspan', { clientId: 'a', clientSecret: 'b', clientID: 'a' });
// @ts-expect-error: no such connector
await connect('workspam', {});
// @ts-expect-error: half of one way and half of another
await connect('appspace', { subjectId: 'a', apiKey: 'b' });
// @ts-expect-error: no such option
await connect('workstream', { token: 'a' }, { loopback: true });
// @ts-expect-error: a connector file has a title
await connect({ id: 'own' }, {});

const token = await workspan.token();
token.value satisfies string;
token.expiresAt satisfies Date | undefined;
// @ts-expect-error: it may have no end
token.expiresAt.getTime();
// @ts-expect-error: a token does not change
token.value = 'x';

(await workspan.authorization()) satisfies string;
(await workspan.fetch(new URL('https://api.workspan.com/app'), { method: 'POST', body: 'x' })) satisfies Response;
(await workspan.test()).ok satisfies boolean;
(await workspan.renew()).value satisfies string;
(await workspan.revoke()) satisfies boolean;
workspan.reconnect()?.at satisfies Date | undefined;
const snapshot: Snapshot = workspan.snapshot();
await connect('workstream', { token: 'a' }, { snapshot, clock: () => new Date(), fetch: globalThis.fetch });
await connect('workstream', { token: 'a' }, { snapshot: JSON.stringify(snapshot), clock: Date.now });

const flow = workspan.start();
let step = flow.advance({ kind: 'start' });
while (step.kind !== 'done') step = flow.advance(await answer(step));
if ('token' in step.output) step.output.token.value satisfies string;
else step.output.revoked satisfies boolean;

async function answer(wanted: Exclude<GrantStep, { kind: 'done' }>): Promise<Event> {
  switch (wanted.kind) {
    case 'send':
      return { kind: 'response', status: wanted.url.length, headers: wanted.headers, body: '' };
    case 'sleep':
      return wanted.millis > 0 ? { kind: 'woke' } : { kind: 'failed', fault: 'timeout' };
    case 'load':
      return { kind: 'loaded', record: null };
    case 'lease':
      return { kind: 'leased', granted: true };
    case 'save':
      return { kind: 'saved', written: wanted.expected === 0 };
    case 'release':
      return { kind: 'released' };
    case 'sign':
      return sign(wanted);
    default:
      return wanted satisfies never;
  }
}

const appspace = await connect('appspace', { apiKey: 'a', apiKeyHeader: 'x-api-key' });
(await workspan.call('GetCompany')) satisfies unknown;
(await appspace.call('ListChannels', { limit: 10 }, { signal: AbortSignal.timeout(1) })) satisfies unknown;
(await appspace.call<{ items: string[] }>('ListChannels', { limit: 10 })).items satisfies string[];
(await appspace.call('ListChannels').asResponse()) satisfies Response;
for await (const item of appspace.pages('ListChannels', { limit: '50' })) item satisfies unknown;
for await (const { items } of appspace.pages<{ id: string }>('ListUsers').byPage()) items[0]?.id satisfies string | undefined;
appspace satisfies Connection<AppspaceOperations>;
// @ts-expect-error: no such operation
appspace.call('ListChannel');
// @ts-expect-error: no such argument
appspace.call('ListChannels', { limt: 1 });
// @ts-expect-error: not of this kind
appspace.call('ListChannels', { limit: true });
// @ts-expect-error: it takes nothing
workspan.call('GetCompany', { id: 1 });
// @ts-expect-error: it has no pages
appspace.pages('GetCurrentUser');
const own = await connect({ id: 'own', title: 'Own' }, {});
own.call('Anything', { whatever: 1, list: ['a', 2] });
own.pages('Anything');
// @ts-expect-error: an argument is no object
own.call('Anything', { whatever: {} });

workspan.startCall('GET', '/app').advance({ kind: 'start' }) satisfies CallStep;
// @ts-expect-error: no such event
flow.advance({ kind: 'begin' });
// @ts-expect-error: a secret needs no private key
await sign({ kind: 'sign', algorithm: 'HS256', key: '', data: '' });
// @ts-expect-error: an answer has a status
flow.advance({ kind: 'response' });
// @ts-expect-error: what fails is thrown by `advance` and told by `tryAdvance` only
flow.tryAdvance({ kind: 'start' }) satisfies GrantStep;

function told(notice: Notice): number | string | undefined {
  if (notice.kind === 'sent') return notice.request;
  if (notice.kind === 'acquired' || notice.kind === 'renewed') return notice.expiresAt;
  // @ts-expect-error: a revocation has no message
  if (notice.kind === 'revoked') return notice.message;
  return undefined;
}
await connect('workstream', { token: 'a' }, { onEvent: (notice) => void told(notice) });

const error: unknown = undefined;
if (error instanceof GrantlineError) {
  error.code satisfies ErrorCode;
  error.retryAt satisfies Date | undefined;
  error.needsReconnect satisfies boolean;
  // @ts-expect-error: no such code
  error.code satisfies 'oops';
}
connectors()[0]?.parameters[0]?.type satisfies 'string' | 'securestring' | 'int' | 'bool' | undefined;
