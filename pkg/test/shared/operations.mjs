/** Operations of a connector file, and their pages, against a server that misbehaves. */
import { FAKE, place } from '../fake/place.mjs';
import { equal, fails, ok } from './assert.mjs';

const THINGS = {
  ...FAKE,
  id: 'things',
  operations: [
    {
      id: 'Echo',
      method: 'POST',
      path: '/api/echo/{id}',
      headers: { 'x-key': '{clientSecret}' },
      parameters: [
        { name: 'id', in: 'path', required: true },
        { name: 'limit', in: 'query', type: 'int' },
        { name: 'ratio', in: 'query', type: 'number' },
        { name: 'tags', in: 'query', type: 'list' },
      ],
      body: { content_type: 'application/vnd.thing+json' },
    },
    { id: 'Status', method: 'GET', path: '/api/status/{code}', parameters: [{ name: 'code', in: 'path', required: true }] },
    {
      id: 'List',
      method: 'GET',
      path: '/api/list',
      parameters: [{ name: 'limit', in: 'query', type: 'int' }],
      paging: { next_url: { items: '/data', next: ['/next', { header: 'x-next' }] } },
    },
    { id: 'Numbered', method: 'GET', path: '/api/numbered', paging: { page: { items: '', parameter: 'page', pages: '/none' } } },
  ],
};

const connect = (here, options) => here.connect(options, {}, THINGS);
const answers = (replies) => async (url, init) => {
  if (url.endsWith('/token')) return fetch(url, init);
  const { pathname, search } = new URL(url);
  const reply = replies(pathname.replace(/^\/place\d+/, '') + search, init);
  return reply instanceof Response ? reply : new Response(JSON.stringify(reply));
};

async function collect(iterable) {
  const found = [];
  for await (const item of iterable) found.push(item);
  return found;
}

export const tests = {
  'the examples of the documentation run': async (context) => {
    const page = await context.read('docs/operations.md');
    const block = (kind) => page.split(`\`\`\`${kind}\n`)[1].split('```')[0];
    const asked = [];
    const fetch = async (url, init) => {
      asked.push(`${init.method} ${url.slice('https://api.library.example/v1'.length)}`);
      const body = url.includes('after=') ? { books: [3] } : { books: [1, 2], next: 'x' };
      return new Response(JSON.stringify(body), { status: init.method === 'POST' ? 201 : 200 });
    };
    const library = await context.grantline.connect(JSON.parse(block('json')), { token: 'leak-me-not-library' }, { fetch });
    const seen = [];
    const run = Object.getPrototypeOf(async () => {}).constructor;
    await new run('library', 'console', block('js'))(library, { log: (text) => seen.push(text) });
    equal(seen, [1, 2, 3, 2, 1]);
    equal(asked.length, 7);
    equal(asked.at(-1), 'POST /books');
  },

  'arguments and body go where the connector says': async (context) => {
    const here = place(context);
    let seen;
    const own = answers((target, init) => ((seen = { target, init }), { fine: true }));
    const connection = await connect(here, { fetch: own });
    const args = { id: 'a/b', limit: 5, ratio: 0.25, tags: ['x', 1], unset: undefined };
    equal(await connection.call('Echo', args, { json: { a: 1 } }), { fine: true });
    equal(seen.target, '/api/echo/a%2Fb?limit=5&ratio=0.25&tags=x&tags=1');
    equal([seen.init.method, seen.init.body], ['POST', '{"a":1}']);
    equal(seen.init.headers.get('content-type'), 'application/vnd.thing+json');
    equal(seen.init.headers.get('x-key'), 'leak-me-not-client-secret');
    ok(seen.init.headers.get('authorization').startsWith('Bearer '));
    await connection.call('Echo', { id: 1 }, { body: new URLSearchParams('a=1'), headers: { 'x-own': '1' } });
    equal([seen.init.headers.get('content-type'), seen.init.headers.get('x-own')], [null, '1']);
  },

  'a slip is told before anything is sent': async (context) => {
    const here = place(context);
    const connection = await connect(here);
    const cases = [
      [() => connection.call('Ecko', { id: 1 }), 'unknown_operation', undefined],
      [() => connection.call('Echo', { id: 1, limt: 1 }), 'invalid_argument', 'limt'],
      [() => connection.call('Echo', { id: 1, limit: 0.5 }), 'invalid_argument', 'limit'],
      [() => connection.call('Echo', {}), 'invalid_argument', 'id'],
      [() => connection.call('List', {}, { json: 1 }), 'invalid_argument', 'body'],
      [() => connection.pages('Echo', { id: 1 })[Symbol.asyncIterator]().next(), 'invalid_pages', undefined],
    ];
    for (const [call, code, parameter] of cases) {
      const error = await fails(call);
      equal([error.code, error.parameter], [code, parameter]);
      ok(error instanceof context.grantline.GrantlineError);
    }
    equal(await here.log(), []);
  },

  'a status that is no success is an error, and the answer is there for whoever wants it': async (context) => {
    const here = place(context);
    const own = answers((target) => {
      const status = Number(target.split('/').at(-1));
      if (status === 204) return new Response(null, { status });
      const words = { error: { code: 'gone', message: 'no leak-me-not-client-secret here' } };
      return new Response(JSON.stringify(words), { status, headers: { 'x-request-id': 'r-1', 'retry-after': '7' } });
    });
    const connection = await connect(here, { fetch: own });
    const error = await fails(() => connection.call('Status', { code: 404 }));
    equal([error.code, error.status, error.serverCode, error.requestId], ['operation_failed', 404, 'gone', 'r-1']);
    ok(error.message.startsWith('operation \'Status\' failed: status 404, gone, "no ••• here"'), error.message);
    ok(error.retryAt instanceof Date);
    const response = await connection.call('Status', { code: 404 }).asResponse();
    equal([response.status, (await response.json()).error.code], [404, 'gone']);
    equal(await connection.call('Status', { code: 204 }), undefined);
    equal(await connection.call('Status', { code: 500 }).catch(({ status }) => status), 500);
    let ended = false;
    await connection.call('Status', { code: 204 }).finally(() => (ended = true));
    ok(ended);
  },

  'an answer that is not JSON says so': async (context) => {
    const connection = await connect(place(context), { fetch: answers(() => new Response('<html>')) });
    equal((await fails(() => connection.call('List'))).code, 'not_json');
    equal(await (await connection.call('List').asResponse()).text(), '<html>');
  },

  'a refused token is replaced, as for any request': async (context) => {
    const here = place(context);
    let refused = 0;
    const own = answers(() => (refused++ === 0 ? new Response('', { status: 401 }) : { data: [1] }));
    const connection = await connect(here, { fetch: own });
    equal(await collect(connection.pages('List')), [1]);
    equal([refused, (await here.requests('/token')).length], [2, 2]);
  },

  'items of all pages, and the pages themselves': async (context) => {
    const here = place(context);
    const asked = [];
    const own = answers((target) => {
      asked.push(target);
      if (target === '/api/list?limit=2') return { data: [1, 2], next: '?after=2', total: 5 };
      if (target === '/api/list?after=2') {
        return new Response(JSON.stringify({ data: [3, 4] }), { headers: { 'x-next': './list?after=4' } });
      }
      return target === '/api/list?after=4' ? { data: null, next: ' ' } : new Response('', { status: 500 });
    });
    const connection = await connect(here, { fetch: own });
    equal(await collect(connection.pages('List', { limit: 2 })), [1, 2, 3, 4]);
    equal(asked, ['/api/list?limit=2', '/api/list?after=2', '/api/list?after=4']);
    const pages = await collect(connection.pages('List', { limit: 2 }).byPage());
    equal(pages.map(({ items }) => items), [[1, 2], [3, 4], []]);
    equal([pages[0].body.total, pages[0].response.status], [5, 200]);
    asked.length = 0;
    for await (const item of connection.pages('List', { limit: 2 })) if (item === 2) break;
    equal(asked.length, 1, 'whoever leaves asks for no more');
  },

  'numbered pages may end with 404': async (context) => {
    const own = answers((target) => {
      if (target === '/api/numbered') return [1, 2];
      return target === '/api/numbered?page=2' ? [3, 4] : new Response('', { status: 404 });
    });
    equal(await collect((await connect(place(context), { fetch: own })).pages('Numbered')), [1, 2, 3, 4]);
  },

  'no page is asked for elsewhere': async (context) => {
    const own = answers(() => ({ data: [1], next: 'https://evil.example/api/list' }));
    const connection = await connect(place(context), { fetch: own });
    const error = await fails(() => collect(connection.pages('List')));
    equal(error.code, 'host_not_allowed');
    const broken = await connect(place(context), { fetch: answers(() => ({ data: {} })) });
    equal((await fails(() => collect(broken.pages('List')))).code, 'invalid_pages');
  },

  'an abort ends a call and the pages': async (context) => {
    const here = place(context);
    const abort = new AbortController();
    const own = answers((target) => ({ data: [1, 2], next: `?page=${target.length}${Math.random()}` }));
    const connection = await connect(here, { fetch: own });
    const seen = [];
    const error = await fails(async () => {
      for await (const item of connection.pages('List', {}, { signal: abort.signal })) {
        seen.push(item);
        if (seen.length === 3) abort.abort();
      }
    });
    equal([error.name, seen.length], ['AbortError', 4], 'the page at hand is read to its end');
    equal((await fails(() => connection.call('List', {}, { signal: abort.signal }))).name, 'AbortError');
  },
};
