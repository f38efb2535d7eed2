/** What a user sees of the package beside the happy path: errors, steps, connectors, and no secrets. */
import { FAKE, SECRET, place } from '../fake/place.mjs';
import { equal, fails, ok } from './assert.mjs';
import { see } from './leaks.mjs';

const KEY = {
  ...FAKE,
  id: 'key',
  parameters: [FAKE.parameters[0], { name: 'key', type: 'securestring', title: 'Key' }],
  auth: { seed: { access_token: '{key}' }, apply: { headers: { 'x-key': '{accessToken}' } } },
};

export const tests = {
  'the error codes are those of the core': async ({ grantline, inner }) => {
    equal([...grantline.CODES], (await inner.complete()).errorCodes());
  },

  'a slip is told with the name that was meant': async ({ grantline }) => {
    const error = await fails(() => grantline.connect('workspam', {}));
    equal([error.code, error.message], ['unknown_connector', "there is no connector 'workspam'; did you mean 'workspan'?"]);
    const unknown = await fails(() => grantline.connect('workspan', { clientID: 'a', clientSecret: SECRET }));
    equal([unknown.code, unknown.parameter], ['unknown_parameter', 'clientID']);
    const missing = await fails(() => grantline.connect('workspan', { clientId: 'a' }));
    equal([missing.code, missing.parameter], ['missing_parameter', 'clientSecret']);
    const insecure = await fails(() => grantline.connect(FAKE, { baseUrl: 'http://a.example', clientSecret: SECRET }));
    equal(insecure.code, 'insecure_url');
    const broken = await fails(() => grantline.connect({ id: 'x' }, {}));
    equal(broken.code, 'invalid_connector');
    const wrong = await fails(() => grantline.connect(FAKE, { baseUrl: 'https://a.example', clientSecret: { a: 1 } }));
    equal([wrong.code, wrong.parameter], ['invalid_parameter', 'clientSecret']);
  },

  'a connector file is checked, with all problems at once': async ({ grantline }) => {
    const { problems: hints } = await grantline.check(FAKE);
    ok(hints.length > 0 && hints.every(({ severity }) => severity === 'hint'), JSON.stringify(hints));
    equal(await grantline.check(JSON.stringify(FAKE)), { problems: hints });
    const { problems } = await grantline.check({ ...FAKE, id: 'A', base_url: '{nowhere}' });
    equal(problems.map(({ pointer, severity }) => [pointer, severity]), [['/id', 'error'], ['/base_url', 'error']]);
    ok(problems[1].message.includes('nowhere'), problems[1].message);
    const { problems: [broken] } = await grantline.check('{ "id": ');
    equal([broken.pointer, broken.severity], ['', 'error']);
    // What is refused and what is found are the same.
    const refused = await fails(() => grantline.connect({ ...FAKE, id: 'A' }, {}));
    const { problems: [found] } = await grantline.check({ ...FAKE, id: 'A' });
    ok(refused.message.includes(found.message), refused.message);
  },

  'the connectors describe themselves': async ({ grantline }) => {
    const all = grantline.connectors();
    equal(all.map(({ id }) => id), ['workspan', 'appspace', 'workspace-one-access', 'workstream']);
    equal(all[3].sets.map(({ name }) => name), ['client-credentials', 'console-token']);
    ok(all.every((connector) => !('auth' in connector) && connector.sets.every((set) => !('auth' in set))));
  },

  'nothing that prints a connection shows a secret': async (context) => {
    const connection = await place(context).connect();
    await connection.token();
    console.log(connection, String(connection), JSON.stringify({ connection }));
    console.log(Object.keys(connection), Object.getOwnPropertyNames(connection));
    see(connection);
    equal(JSON.parse(JSON.stringify(connection)), { connector: 'fake' });
  },

  'a key in a field of its own: no Authorization, no redirect': async (context) => {
    const here = place(context);
    const connection = await here.connect({}, { clientSecret: undefined, key: 'leak-me-not-api-key' }, KEY);
    const answer = await connection.fetch('/api/me');
    equal(answer.status, 200);
    equal((await here.requests('/api/me'))[0].key, 'leak-me-not-api-key');
    equal((await fails(() => connection.authorization())).code, 'invalid_request');
    equal((await fails(() => connection.fetch('/api/away'))).code, 'redirected');
    equal((await connection.token()).type, undefined);
  },

  'a grant and a call step by step': async (context) => {
    const here = place(context);
    const connection = await here.connect();
    const flow = connection.start();
    const send = flow.advance({ kind: 'start' });
    equal([send.kind, send.purpose, send.method], ['send', 'acquire', 'POST']);
    const response = await fetch(send.url, send);
    const headers = Object.fromEntries(response.headers);
    const done = flow.advance({ kind: 'response', status: response.status, headers, body: await response.text() });
    equal([done.kind, done.output.source], ['done', 'acquired']);
    equal((await connection.token()).value, done.output.token.value);
    equal((await fails(() => flow.advance({ kind: 'woke' }))).code, 'misuse');
    equal(flow.tryAdvance({ kind: 'nonsense' }).code, 'misuse');

    const call = connection.startCall('GET', '/api/me');
    equal(call.advance({ kind: 'start' }), { kind: 'authorize' });
    const step = call.advance({ kind: 'token', token: done.output.token });
    equal(step.headers.authorization, await connection.authorization());
    equal(call.advance({ kind: 'response', status: 200 }), { kind: 'done', output: { attempts: 1, status: 200 } });
    equal((await here.requests('/token')).length, 1);
  },

  'an abandoned run does not disturb the next one': async (context) => {
    const connection = await place(context).connect();
    const flow = connection.start();
    flow.advance({ kind: 'start' });
    await connection.token();
    equal(flow.tryAdvance({ kind: 'response', status: 200, body: '{}' }).code, 'misuse');
  },

  'a listener may use the connection, and may fail': async (context) => {
    const here = place(context);
    const tokens = [];
    let connection;
    const onEvent = () => void tokens.push(connection?.token());
    connection = await here.connect({ onEvent });
    await connection.token();
    await connection.revoke();
    ok((await Promise.all(tokens)).length >= 3);
  },
};
