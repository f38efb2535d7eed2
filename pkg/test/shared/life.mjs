/** The life of a token where the adapter has a part in it: clocks, people, and bodies that tell of a token. */
import { FAKE, place } from '../fake/place.mjs';
import { equal, fails, ok } from './assert.mjs';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** A token that a person pasted: nothing renews it. */
const PASTED = {
  ...FAKE,
  auth: { seed: { access_token: '{clientSecret}', lifetime_seconds: 7 * 86_400 }, apply: FAKE.auth.apply },
};

/** The status is 200 whatever happens; the body tells. */
const TELLING = {
  ...FAKE,
  auth: {
    ...FAKE.auth,
    rejected: { statuses: [440], bodies: [{ statuses: [200], at: '/code', words: ['TOKEN_EXPIRED'] }] },
  },
};

/** `fetch` whose first API answer is this one; `calls` counts them. */
function telling(first) {
  const own = async (url, init) => {
    const path = new URL(url instanceof Request ? url.url : url).pathname;
    if (!path.includes('/api')) return fetch(url, init);
    return ++own.calls === 1 ? first() : fetch(url, init);
  };
  own.calls = 0;
  return own;
}

export const tests = {
  'a thousand callers make one request, however short the token, and if it is refused': async (context) => {
    const ask = async (here, connection) => {
      const outcomes = await Promise.allSettled(Array.from({ length: 1000 }, () => connection.token()));
      equal((await here.requests('/token')).length, 1);
      return new Set(outcomes.map(({ value, reason }) => value?.value ?? reason.code));
    };
    for (const life of [120, 20, 1]) {
      const here = place(context);
      await here.script({ delay: 50, life });
      equal((await ask(here, await here.connect())).size, 1);
    }
    const here = place(context);
    await here.script({ delay: 50, status: 400, json: { error: 'invalid_client' } });
    equal([...(await ask(here, await here.connect()))], ['denied']);
  },

  'a person renews at once, whatever is remembered': async (context) => {
    const here = place(context);
    await here.script({ status: 400, json: { error: 'invalid_client' } });
    const connection = await here.connect();
    equal((await fails(() => connection.token())).code, 'denied');
    equal((await fails(() => connection.token())).code, 'denied');
    equal((await here.requests('/token')).length, 1);
    const renewed = await Promise.all(Array.from({ length: 20 }, () => connection.renew()));
    equal(new Set(renewed.map(({ value }) => value)).size, 1);
    equal((await connection.token()).value, renewed[0].value);
    equal((await here.requests('/token')).length, 2);
  },

  'a renewal in vain costs no token': async (context) => {
    const here = place(context);
    const connection = await here.connect();
    const { value } = await connection.token();
    await here.script({ status: 400, json: { error: 'invalid_client' } });
    equal((await fails(() => connection.renew())).code, 'denied');
    equal((await connection.token()).value, value);
  },

  'a clock that is set back prolongs nothing': async (context) => {
    const here = place(context);
    let now = 1_700_000_000_000;
    const connection = await here.connect({ clock: () => now });
    const { value } = await connection.token();
    now += 50 * MINUTE;
    equal((await connection.token()).value, value);
    now -= 40 * MINUTE;
    // Ten minutes of its hour are left.
    equal((await connection.token()).value, value);
    now += 11 * MINUTE;
    ok((await connection.token()).value !== value);
  },

  'a person is told in time that they must act': async (context) => {
    const here = place(context);
    let now = 1_700_000_000_000;
    const connection = await here.connect({ clock: () => now }, {}, PASTED);
    await connection.token();
    const at = now + 7 * DAY;
    now += 6 * DAY - 1;
    await connection.token();
    equal(here.notices, []);
    now += 1;
    await connection.token();
    await connection.token();
    equal(here.notices, [{ kind: 'needs_reconnect_soon', at }]);
    equal(connection.reconnect().at.getTime(), at);
    now += DAY;
    equal((await fails(() => connection.token())).needsReconnect, true);
  },

  'a word in a body and another status tell that a token is over': async (context) => {
    for (const first of [() => Response.json({ code: 'TOKEN_EXPIRED' }), () => new Response('', { status: 440 })]) {
      const here = place(context);
      const own = telling(first);
      const connection = await here.connect({ fetch: own }, {}, TELLING);
      equal((await (await connection.fetch('/api/me')).json()).path, '/api/me');
      equal([own.calls, (await here.requests('/token')).length], [2, 2]);
    }
  },

  'a body that was looked at reaches the caller whole': async (context) => {
    const here = place(context);
    const own = telling(() => Response.json({ code: 'FINE' }));
    const connection = await here.connect({ fetch: own }, {}, TELLING);
    equal(await (await connection.fetch('/api/me')).json(), { code: 'FINE' });
    // The word at its beginning does not count: half of a body might say the wrong thing.
    const long = JSON.stringify({ code: 'TOKEN_EXPIRED', fill: 'x'.repeat(200_000) });
    const other = telling(() => new Response(long));
    const second = await here.connect({ fetch: other }, {}, TELLING);
    equal((await (await second.fetch('/api/me')).text()).length, long.length);
    equal(other.calls, 1);
  },
};
