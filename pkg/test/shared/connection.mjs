/** A connection against a token server that misbehaves: the promises that hold on every platform. */
import { place } from '../fake/place.mjs';
import { equal, fails, ok } from './assert.mjs';

const HOUR = 3_600_000;

export const tests = {
  'a thousand callers make one token request': async (context) => {
    const here = place(context);
    await here.script({ delay: 50 });
    const connection = await here.connect();
    const tokens = await Promise.all(Array.from({ length: 1000 }, () => connection.token()));
    equal(new Set(tokens.map(({ value }) => value)).size, 1);
    equal((await here.requests('/token')).length, 1);
    equal(tokens[0].type, 'Bearer');
    ok(tokens[0].renewAt < tokens[0].expiresAt && tokens[0].obtainedAt < tokens[0].renewAt);
  },

  'a refused token is renewed once and the request repeated': async (context) => {
    const here = place(context);
    const connection = await here.connect();
    await connection.token();
    await fetch(`${here.base}/token`, { method: 'POST', body: 'another' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => connection.fetch('/api/me')));
    equal(answers.map(({ status }) => status), Array.from({ length: 20 }, () => 200));
    equal((await here.requests('/token')).length, 3);
    ok(here.notices.some(({ kind }) => kind === 'rejected'));
  },

  'a text body is sent again, a stream is not': async (context) => {
    const here = place(context);
    const connection = await here.connect();
    const spoil = () => fetch(`${here.base}/token`, { method: 'POST', body: 'another' });
    for (const body of ['text', new TextEncoder().encode('text'), new Blob(['text']), new URLSearchParams('text')]) {
      await connection.token();
      await spoil();
      const answer = await (await connection.fetch('/api/echo', { method: 'post', body })).json();
      equal([answer.method, answer.body.replace('=', '')], ['POST', 'text']);
    }
    await connection.token();
    await spoil();
    const request = new Request(`${here.base}/api/echo`, { method: 'POST', body: 'text' });
    equal((await connection.fetch(request)).status, 401);
    equal((await connection.fetch(new Request(`${here.base}/api/echo`))).status, 200);
  },

  'a URL on another server gets no token': async (context) => {
    const connection = await place(context).connect();
    equal((await fails(() => connection.fetch('https://example.com/api'))).code, 'host_not_allowed');
    equal((await fails(() => connection.fetch('//example.com/api'))).code, 'invalid_request');
  },

  'revoking ends the token at the server': async (context) => {
    const here = place(context);
    const connection = await here.connect();
    await connection.token();
    equal(await connection.revoke(), true);
    equal((await here.requests('/token')).map(({ method }) => method), ['POST', 'DELETE']);
    equal(here.notices.at(-1), { kind: 'revoked' });
    await connection.token();
    equal((await here.requests('/token')).length, 3);
  },

  'a token that is being revoked serves nobody': async (context) => {
    const here = place(context);
    let reached;
    const deleting = new Promise((done) => (reached = done));
    let answer;
    const own = async (url, init) => {
      if (init.method !== 'DELETE') return fetch(url, init);
      reached();
      await new Promise((done) => (answer = done));
      return fetch(url, init);
    };
    const connection = await here.connect({ fetch: own });
    const { value } = await connection.token();
    const revoked = connection.revoke();
    await deleting;
    const next = connection.token();
    answer();
    equal(await revoked, true);
    ok((await next).value !== value, 'the next caller has a new token');
    equal((await connection.fetch('/api/me')).status, 200);
  },

  'an abort detaches one caller and no other': async (context) => {
    const here = place(context);
    await here.script({ delay: 200 });
    const connection = await here.connect();
    const abort = new AbortController();
    const leaving = fails(() => connection.fetch('/api/me', { signal: abort.signal }));
    const staying = connection.fetch('/api/me');
    setTimeout(() => abort.abort(), 50);
    equal((await leaving).name, 'AbortError');
    equal((await staying).status, 200);
    equal((await here.requests('/token')).length, 1);
    const late = await fails(() => connection.fetch('/api/me', { signal: AbortSignal.abort() }));
    equal(late.name, 'AbortError');
  },

  'a denial names the server, its code, and when to come back': async (context) => {
    const here = place(context);
    const json = { error: 'invalid_client', error_description: 'no such client' };
    await here.script({ status: 401, json, headers: { 'x-request-id': 'r-1' } });
    const connection = await here.connect();
    const error = await fails(() => connection.token());
    ok(error instanceof context.grantline.GrantlineError && error instanceof Error);
    equal([error.code, error.status, error.serverCode, error.needsReconnect], ['denied', 401, 'invalid_client', false]);
    ok(error.retryAt > new Date());
    const again = await Promise.all([1, 2, 3].map(() => fails(() => connection.token())));
    equal(again.map(({ code }) => code), ['denied', 'denied', 'denied']);
    equal((await here.requests('/token')).length, 1);
  },

  'answers that are no token answers': async (context) => {
    const cases = [
      [{ text: '<!doctype html><p>leak-me-not</p>' }, 'not_json'],
      [{ json: { access_token: null } }, 'no_token'],
      [{ status: 302, headers: { location: '/elsewhere' } }, 'redirected'],
      [{ kind: 'large' }, 'too_large'],
    ];
    for (const [answer, code] of cases) {
      const here = place(context);
      await here.script(answer);
      equal((await fails(async () => (await here.connect()).token())).code, code);
    }
  },

  'a server that is down is tried again, and then named': async (context) => {
    const here = place(context);
    const connection = await here.connect({}, { baseUrl: context.fake.down });
    const error = await fails(() => connection.token());
    equal(error.code, 'exhausted');
    ok(error.message.includes('cannot be reached'), error.message);
    ok(error.retryAt > new Date());
    equal(here.notices.filter(({ kind }) => kind === 'sent').map(({ fault }) => fault).length, 3);
  },

  'a connection that breaks during an API request': async (context) => {
    const here = place(context);
    const connection = await here.connect();
    const error = await fails(() => connection.fetch('/api/stop'));
    ok(['connection_lost', 'unreachable'].includes(error.code), error.code);
    ok(error.cause instanceof TypeError);
  },

  'an own fetch carries everything': async (context) => {
    const here = place(context);
    const urls = [];
    const own = (url, init) => {
      urls.push(`${init.method} ${new URL(url).pathname.split('/').at(-1)}`);
      return fetch(url, init);
    };
    const connection = await here.connect({ fetch: own });
    equal((await connection.fetch('/api/me')).status, 200);
    equal(urls, ['POST token', 'GET me']);
    const odd = await here.connect({ fetch: () => ({ status: 200, headers: [['a', 'b']] }) });
    equal((await fails(() => odd.token())).code, 'not_json');
    const broken = await here.connect({
      fetch: () => {
        throw 'no network today';
      },
      clock: () => 0,
    });
    const error = await fails(() => broken.token());
    ok(error.message.includes('no network today'), error.message);
  },

  'the clock decides: early renewal in the background, then a new token': async (context) => {
    const here = place(context);
    let now = 1_800_000_000_000;
    const connection = await here.connect({ clock: () => now });
    const first = await connection.token();
    equal(first.obtainedAt.getTime(), now);
    now = first.renewAt.getTime() + 1;
    equal((await connection.token()).value, first.value);
    await until(async () => (await connection.token()).value !== first.value);
    const second = await connection.token();
    now = second.expiresAt.getTime() + HOUR;
    ok((await connection.token()).value !== second.value);
    equal((await here.requests('/token')).length, 3);
    const kinds = here.notices.map(({ kind }) => kind).filter((kind) => kind !== 'sent');
    equal(kinds, ['acquired', 'acquired', 'acquired']);
  },

  'a snapshot carries the token over a restart': async (context) => {
    const here = place(context);
    const first = await here.connect();
    const { value } = await first.token();
    const text = JSON.stringify(first.snapshot());
    for (const snapshot of [text, JSON.parse(text)]) {
      equal((await (await here.connect({ snapshot })).token()).value, value);
    }
    equal((await here.requests('/token')).length, 1);
    equal((await fails(() => here.connect({ snapshot: '{' }))).code, 'invalid_snapshot');
    equal((await fails(() => here.connect({ snapshot: text }, { clientSecret: 'x' }))).code, 'invalid_snapshot');
  },

  'the test request says whether the credentials work': async (context) => {
    equal(await (await place(context).connect()).test(), { ok: true, status: 200 });
  },

  'a large API answer is a stream of the platform': async (context) => {
    const response = await (await place(context).connect()).fetch('/api/large');
    const reader = response.body.getReader();
    ok((await reader.read()).value.length > 0);
    await reader.cancel();
  },
};

async function until(condition) {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await condition()) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error('it did not happen within 2 s');
}
