/** A shared store: what connections do with it, and what happens when it does not do its work. */
import { keyvStore } from 'grantline/stores';

import { place } from '../fake/place.mjs';
import { equal, fails, ok } from './assert.mjs';

const PATIENCE_MS = 5_000;

export const tests = {
  'connections with one store share one token': async (context) => {
    const here = place(context);
    const { store, records, calls } = memory();
    const [one, two] = [await here.connect({ store }), await here.connect({ store })];
    const { value } = await one.token();
    equal((await two.token()).value, value);
    equal((await here.requests('/token')).length, 1);
    const [[key, text], ...others] = records;
    ok(/^fake-[0-9a-f]{64}$/.test(key) && others.length === 0, key);
    const record = JSON.parse(text);
    equal([record.version, record.revision, record.access.value], [1, 1, value]);
    equal(calls.map(({ method }) => method), ['load', 'lease', 'load', 'save', 'release', 'load']);
    equal(calls[1].args[1], calls[4].args[1], 'the lease is given back by its owner');
    ok(calls[1].args[2] > 30_000, 'the lease is longer than a request');
  },

  'a thousand callers of twenty connections make one token request': async (context) => {
    const here = place(context);
    await here.script({ delay: 50 });
    const { store } = memory();
    const connections = await Promise.all(Array.from({ length: 20 }, () => here.connect({ store })));
    const callers = connections.flatMap((connection) => Array.from({ length: 50 }, () => connection.token()));
    equal(new Set((await Promise.all(callers)).map(({ value }) => value)).size, 1);
    equal((await here.requests('/token')).length, 1);
  },

  'a token outlives its connection, and a refused one is replaced for all': async (context) => {
    const here = place(context);
    const store = keyvStore(new Map());
    const first = await here.connect({ store });
    equal((await first.fetch('/api/me')).status, 200);
    await fetch(`${here.base}/token`, { method: 'POST', body: 'another' });
    equal((await (await here.connect({ store })).fetch('/api/me')).status, 200);
    equal((await first.fetch('/api/me')).status, 200);
    equal((await here.requests('/token')).length, 3, 'the first, the one in between, and the renewed one');
    equal(await first.revoke(), true);
    await (await here.connect({ store })).token();
    equal((await here.requests('/token')).length, 5, 'the end of the token, and a new one');
  },

  'a store that throws or rejects harms nobody and is told': async (context) => {
    for (const method of ['load', 'save', 'lease', 'release']) {
      for (const spoilt of [() => Promise.reject(gone()), throwing]) {
        const here = place(context);
        const { store } = memory({ [method]: spoilt });
        const connection = await here.connect({ store });
        equal((await connection.fetch('/api/me')).status, 200, method);
        const [told, ...more] = failures(here);
        equal(more, []);
        const words = `the store, ${keyOf(connection)}: ${method}() failed: it is gone: EGONE`;
        equal(told, { kind: 'failed', code: 'store', message: words, harmless: true });
      }
    }
  },

  'a store that forgets to answer is told': async (context) => {
    const told = { load: 'text of the record', save: 'true or false', lease: 'true or false' };
    for (const [method, words] of Object.entries(told)) {
      const here = place(context);
      const { store } = memory({ [method]: () => (method === 'load' ? { revision: 1 } : undefined) });
      equal((await (await here.connect({ store })).fetch('/api/me')).status, 200);
      ok(failures(here)[0].message.includes(words), failures(here)[0].message);
    }
  },

  'a store that is silent keeps nobody waiting': async (context) => {
    const here = place(context);
    const { store } = memory({ load: () => new Promise(() => {}) });
    const connection = await here.connect({ store });
    await impatiently(async () => equal((await connection.fetch('/api/me')).status, 200));
    const [{ message, harmless }] = failures(here);
    ok(harmless && message.includes(keyOf(connection)) && message.includes('5 seconds'), message);
  },

  'a lease that comes too late is given back': async (context) => {
    const here = place(context);
    let grant;
    const { store, calls } = memory({ lease: () => new Promise((done) => (grant = done)) });
    const connection = await here.connect({ store });
    await impatiently(() => connection.token());
    const of = (name) => calls.filter(({ method }) => method === name).map(({ args }) => args[1]);
    equal(of('release'), [], 'not before it can be there');
    grant(true);
    await new Promise((done) => setTimeout(done));
    equal([of('release'), of('release').length], [of('lease'), 1]);
  },

  'a lease is given back when its flight fails': async (context) => {
    const here = place(context);
    await here.script({ status: 401, json: { error: 'invalid_client' } });
    const { store, calls, leases } = memory();
    equal((await fails(async () => (await here.connect({ store })).token())).code, 'denied');
    equal([calls.at(-1).method, leases.size], ['release', 0]);
    const other = await fails(async () => (await here.connect({ store })).token());
    equal([other.code, (await here.requests('/token')).length], ['denied', 1], 'others hear of the refusal');
  },

  'a record that cannot be read is named and left alone': async (context) => {
    for (const text of ['{ torn', '', '[]', '7', '{"version":99,"revision":1}', '{"version":1,"revision":-1}']) {
      const here = place(context);
      const { store, calls } = memory({ load: () => text });
      const connection = await here.connect({ store });
      equal((await connection.fetch('/api/me')).status, 200);
      const [{ message, harmless }] = failures(here);
      ok(harmless && message.includes(keyOf(connection)) && message.includes('delete it'), message);
      equal(calls.map(({ method }) => method), ['load'], text);
    }
  },

  'a store that quotes a token is cut short': async (context) => {
    const here = place(context);
    const quoting = (_key, record) => Promise.reject(new Error(`no such command with '${record.slice(0, 180)}'`));
    const { store } = memory({ save: quoting });
    const { value } = await (await here.connect({ store })).token();
    const [{ message }] = failures(here);
    ok(message.includes('no such command') && message.endsWith('•••'), message);
    ok(!message.includes(value.slice(0, 12)), 'the notice holds the token');
  },

  'a store without a method is refused': async (context) => {
    const { store } = memory();
    const error = await fails(() => place(context).connect({ store: { ...store, lease: undefined } }));
    equal([error.code, error.message], ['misuse', "the store has no method 'lease'"]);
  },

  'with a store, a grant step by step leaves its steps to the host': async (context) => {
    for (const options of [{ store: memory().store }, { shared: true }]) {
      const here = place(context);
      const connection = await here.connect(options);
      equal(connection.start().advance({ kind: 'start' }), { kind: 'load' });
      equal((await connection.fetch('/api/me')).status, 200);
      equal(failures(here), []);
    }
  },
};

/** A store in memory that notes its calls; `spoilt` are methods that take the place of its own. */
function memory(spoilt = {}) {
  const [records, leases, calls] = [new Map(), new Map(), []];
  const own = {
    load: (key) => records.get(key),
    save: async (key, record, expected) => {
      const fits = (records.has(key) ? JSON.parse(records.get(key)).revision : 0) === expected;
      if (fits) records.set(key, record);
      return fits;
    },
    lease: async (key, owner) => !leases.has(key) && Boolean(leases.set(key, owner)),
    release: (key, owner) => void (leases.get(key) === owner && leases.delete(key)),
  };
  const noted = (method) => (...args) => {
    calls.push({ method, args });
    return (spoilt[method] ?? own[method])(...args);
  };
  const store = Object.fromEntries(Object.keys(own).map((method) => [method, noted(method)]));
  return { store, records, leases, calls };
}

function gone() {
  return Object.assign(new Error('it is gone'), { code: 'EGONE' });
}

function throwing() {
  throw gone();
}

function failures({ notices }) {
  return notices.filter(({ kind }) => kind === 'failed');
}

function keyOf(connection) {
  return `fake-${connection.snapshot().key}`;
}

/** Nobody waits here: the patience with a store is at its end at once. */
async function impatiently(action) {
  const own = globalThis.setTimeout;
  globalThis.setTimeout = (callback, millis, ...rest) => own(callback, millis === PATIENCE_MS ? 0 : millis, ...rest);
  try {
    await action();
  } finally {
    globalThis.setTimeout = own;
  }
}
